import type { Table } from '@pathfold/coordination/coordinator/table.fixture';
import { runFacts } from '@pathfold/coordination/simulator/run-facts';
import { describe, expect, test } from 'vitest';
import { SPEED, tableWith, taskOf, train, warmUp } from '../async.fixture.ts';
import { bestOffer } from './offer.ts';

/** The path that a newcomer would be offered. */
function drawnBy(table: Table, id: string): string {
  const volunteer = { id, tokensPerSecond: SPEED, memoryBytes: 0, path: null };
  return bestOffer(train(table), table.state.runs['r']!.facts, volunteer, table.now)!.path!;
}

describe('data progress', () => {
  test('the learning rate follows the steps of the own shard, and who is free gets the shard that is behind', () => {
    const table = tableWith({ grace: 0 }, { replicas: 1 }, [2]);
    for (const id of ['a', 'b']) table.join(id, SPEED);
    const [own, other] = [taskOf(table, 'a').path, taskOf(table, 'b').path];
    const handIn = (id: string, steps: number) => {
      table.wait(10_000);
      table.contribute(table.lease(id), steps);
      table.fold();
      table.ready(id, SPEED);
    };
    handIn('a', 7);
    expect(taskOf(table, 'a')).toMatchObject({ path: own, globalStep: 7 });
    // 27 steps of it are done then, and the other one stands at the 20 that are under way.
    handIn('a', 20);
    expect(taskOf(table, 'a')).toMatchObject({ path: other, globalStep: 0 });
    table.join('new', SPEED);
    expect(taskOf(table, 'new')).toMatchObject({ path: own, globalStep: 27, totalSteps: 1_000_000 });
  });

  test('a path is drawn in proportion to how far it is behind its part of all progress, the leading one never', () => {
    const table = tableWith({}, {}, [3]);
    const { paths } = train(table);
    Object.assign(paths['0']!, { steps: 100 });
    Object.assign(paths['1']!, { steps: 300 });
    Object.assign(paths['2']!, { steps: 800 });
    const draws = 4000;
    const drawn: Record<string, number> = {};
    for (let i = 0; i < draws; i++) {
      paths['0']!.grants = i >> 2;
      const path = drawnBy(table, `v${i % 4}`);
      drawn[path] = (drawn[path] ?? 0) + 1 / draws;
    }
    // Behind a third by 1/3 - 1/12 and by 1/3 - 1/4. Three standard deviations of so many draws.
    const error = 3 * Math.sqrt((0.75 * 0.25) / draws);
    expect(Object.keys(drawn)).toEqual(['0', '1']);
    expect(Math.abs(drawn['0']! - 0.75)).toBeLessThan(error);
    expect(Math.abs(drawn['1']! - 0.25)).toBeLessThan(error);
  });

  test('what is under way counts as progress: who comes next is not drawn to the same path', () => {
    const table = tableWith({}, {}, [3]);
    for (const path of Object.values(train(table).paths)) path.steps = 100;
    table.join('first', SPEED);
    expect(taskOf(table, 'first').path).toBe('0');
    const drawn = Array.from({ length: 20 }, (_, i) => drawnBy(table, `v${i}`));
    expect([...new Set(drawn)].sort()).toEqual(['1', '2']);
  });
});

describe('DyLU', () => {
  test('L2a: everybody gets as many steps as the fastest takes H in, and all end within one step of the slowest', () => {
    const secondsAStep = { fast: 0.58, second: 0.75, third: 1.51, slow: 3.33 };
    const ids = ['fast', 'second', 'third', 'slow'] as const;
    const inner = { ...runFacts('', [1]).spec.inner, steps: 50 };
    const table = tableWith({ grace: 0 }, { inner, roundDeadlineMs: 600_000 });
    const start = table.now;
    for (const id of ids) table.join(id, (32 * inner.batch) / secondsAStep[id]);
    for (const id of ids) {
      table.wait(start + 50_000 * secondsAStep[id] - table.now);
      table.contribute(table.lease(id), 50);
      table.fold();
    }
    const granted = table.now;
    // Its own claim now is not the measured pace.
    for (const id of ids) table.ready(id, SPEED);
    const steps = Object.fromEntries(ids.map((id) => [id, taskOf(table, id).steps]));
    expect(steps).toEqual({ fast: 50, second: 38, third: 19, slow: 8 });
    expect(ids.map((id) => taskOf(table, id).stepsReason)).toEqual([
      { because: 'whole', whole: 50, timesSlower: 1 },
      { because: 'pace', whole: 50, timesSlower: 1.29 },
      { because: 'pace', whole: 50, timesSlower: 2.6 },
      { because: 'pace', whole: 50, timesSlower: 5.74 },
    ]);
    const ends = ids.map((id) => granted + 1000 * steps[id]! * secondsAStep[id]);
    expect(Math.max(...ends) - Math.min(...ends)).toBeLessThan(3330);
    for (const [i, id] of ids.entries())
      expect(table.state.leases[table.lease(id)]!.task.expectedMs).toBeCloseTo(ends[i]! - granted, -1);
  });

  test('a pause changes nobody’s pace', () => {
    const table = tableWith({ grace: 0 }, { roundDeadlineMs: 60_000 });
    warmUp(table, { a: 10, b: 40 });
    const { steps, stepsReason } = taskOf(table, 'b');
    table.take({ type: 'RunStateChanged', run: 'r', state: 'paused', reason: null });
    table.wait(180_000);
    table.take({ type: 'RunStateChanged', run: 'r', state: 'training', reason: null });
    for (const id of ['a', 'b']) table.ready(id, SPEED);
    expect(taskOf(table, 'b')).toMatchObject({ steps, stepsReason });
    expect(stepsReason.because).toBe('pace');
  });

  test('a lease that ran out, in a tab that slept, makes the next at most 2.5 times shorter', () => {
    const table = tableWith({ grace: 0 });
    warmUp(table, { a: 10, b: 10 });
    table.wait(100_000);
    expect(train(table).paces['b']!.stepMs).toBe(2.5 * 500);
  });
});
