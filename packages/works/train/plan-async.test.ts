import { createHash } from 'node:crypto';
import { restore, snapshot } from '@pathfold/coordination/coordinator/state';
import { only, Table } from '@pathfold/coordination/coordinator/table';
import type { CoordinatorEvent } from '@pathfold/coordination/events';
import { runFacts } from '@pathfold/coordination/simulator/run-facts';
import { AsyncSpec, OUTER_KINDS, type RunSpec } from '@pathfold/protocol/run-spec';
import { describe, expect, test } from 'vitest';
import type * as z from 'zod/mini';
import { trainPlan } from './plan.ts';
import type { TrainState } from './plan-state.ts';
import type { TrainFoldInput, TrainTask } from './task.ts';

/** 20 steps of 4 x 32 tokens: at this speed a whole lease takes 10 s. */
const SPEED = 256;

function tableWith(async: z.input<typeof AsyncSpec> = {}, spec: Partial<RunSpec> = {}, experts = [1]): Table {
  const table = new Table([trainPlan], 600_000);
  table.create(runFacts('r', experts, { mode: 'async', replicas: 4, async: AsyncSpec.parse(async), ...spec }), [
    'train',
  ]);
  return table;
}

const taskOf = (table: Table, volunteer: string): TrainTask =>
  table.state.leases[table.lease(volunteer)]!.task.body as unknown as TrainTask;
const inputs = (events: CoordinatorEvent[]) =>
  only(events, 'FoldBegun').map(({ fold }) => fold.input as unknown as TrainFoldInput);
const train = (table: Table) => table.state.runs['r']!.works['train'] as TrainState;

/** Everybody contributes all steps at its pace, and the folds end, until this has happened a few times. */
function warmUp(table: Table, secondsALease: Readonly<Record<string, number>>): void {
  for (const id of Object.keys(secondsALease)) table.join(id, SPEED);
  const ends = Object.entries(secondsALease).sort(([, a], [, b]) => a - b);
  let passed = 0;
  for (const [id, seconds] of ends) {
    table.wait(1000 * (seconds - passed));
    passed = seconds;
    const lease = table.lease(id);
    table.contribute(lease, table.state.leases[lease]!.task.steps);
    table.fold();
    table.ready(id, SPEED);
  }
}

describe('arrivals', () => {
  test('F2, F3: the first opens a grace period; whoever arrives in it is in the same fold, nobody else is waited for', () => {
    const table = tableWith({ grace: 0.1 });
    for (const id of ['a', 'b', 'c']) table.join(id, SPEED);
    const [a, b] = [table.lease('a'), table.lease('b')];
    table.wait(10_000);
    expect(inputs(table.contribute(b, 20))).toEqual([]);
    table.ready('b', SPEED);
    expect(table.state.volunteers['b']!.lease).toBeNull();
    table.wait(900);
    expect(inputs(table.contribute(a, 20))).toEqual([]);
    const folds = inputs(table.wait(200));
    expect(folds.map(({ contributions }) => contributions.map(({ lease }) => lease))).toEqual([
      [a, b],
      [a, b],
      [a, b],
    ]);
    expect(folds[0]!.share).toBeCloseTo(2 / 3, 12);
    expect(only(table.fold(), 'LeaseGranted').map(({ volunteer }) => volunteer)).toEqual(['b']);
    expect(table.lease('c')).toBeTruthy();
  });

  test('F3: whose work was folded begins from the new version of every module, not of the first that has one', () => {
    const table = tableWith({ grace: 0 });
    for (const id of ['a', 'b']) table.join(id, SPEED);
    expect(inputs(table.contribute(table.lease('a'), 20))).toHaveLength(3);
    table.ready('a', SPEED);
    table.fold();
    expect(taskOf(table, 'a').modules.map(({ version }) => version)).toEqual([1, 1, 1]);
  });

  test('F2: where fewer than half are due in it, the grace period is a quarter as long', () => {
    const table = tableWith({ grace: 0.1 });
    for (const id of ['a', 'b', 'c']) table.join(id, SPEED);
    table.wait(5000);
    expect(inputs(table.contribute(table.lease('a'), 20))).toEqual([]);
    expect(inputs(table.wait(240))).toEqual([]);
    expect(inputs(table.wait(20))).toHaveLength(3);
  });

  test('alone it is folded at once, as a whole step', () => {
    const table = tableWith();
    table.join('a', SPEED);
    expect(inputs(table.contribute(table.lease('a'), 20)).map(({ share }) => share)).toEqual([1, 1, 1]);
  });

  test('F1: who computes on keeps its lease when others are folded, and is folded later with its staleness', () => {
    const table = tableWith({ grace: 0 });
    table.join('a', SPEED);
    table.join('slow', SPEED);
    for (let i = 0; i < 3; i++) {
      table.wait(10_000);
      table.mind.heard(table.state, 'slow', table.now);
      table.contribute(table.lease('a'), 20);
      table.fold();
      table.ready('a', SPEED);
    }
    const [input] = inputs(table.contribute(table.lease('slow'), 20));
    expect(input!.contributions).toMatchObject([{ staleness: 3, ageMs: 30_000, scale: 1 }]);
    expect(input!.module.version).toBe(3);
  });

  test('F5: a late contribution from more versions ago than allowed is refused with its reason; one in its time is taken', () => {
    const table = tableWith({ grace: 0, mostStaleness: 9 });
    for (const id of ['a', 'old', 'punctual']) table.join(id, SPEED);
    for (let i = 0; i < 10; i++) {
      table.wait(i < 9 ? 1000 : 0);
      table.contribute(table.lease('a'), 20);
      table.fold();
      table.ready('a', SPEED);
    }
    const [input] = inputs(table.contribute(table.lease('punctual'), 20));
    expect(input!.contributions).toMatchObject([{ staleness: 10 }]);
    table.wait(7000);
    const decided = table.contribute(table.lease('old'), 20);
    expect(only(decided, 'ContributionRejected').map(({ code }) => code)).toEqual(['too_stale']);
    expect(inputs(decided)).toEqual([]);
  });

  test('with staleness weights what is older counts less', () => {
    const table = tableWith({ grace: 0, stalenessPower: 0.5 });
    warmUp(table, { a: 10, b: 10 });
    const [input] = inputs(table.contribute(table.lease('a'), 20));
    expect(input!.contributions[0]).toMatchObject({ staleness: 1, weight: 10_000 * 20, scale: 2 ** -0.5 });
    expect(input!.share).toBe(0.5);
  });

  test('a buffer of N (FedBuff) waits for N arrivals, though nobody waits with it', () => {
    const table = tableWith({ grace: 0, quorum: 3, buffer: 3 });
    for (const id of ['a', 'b', 'c', 'd']) table.join(id, SPEED);
    expect(inputs(table.contribute(table.lease('a'), 20))).toEqual([]);
    table.ready('a', SPEED);
    expect(taskOf(table, 'a').modules[0]!.version).toBe(0);
    table.contribute(table.lease('b'), 20);
    const [input] = inputs(table.contribute(table.lease('c'), 20));
    expect(input).toMatchObject({ share: 1 });
    expect(input!.contributions).toHaveLength(3);
  });

  test('a buffer that one volunteer fills is a whole step, and so is a small arrival in a buffer of one', () => {
    const filled = tableWith({ grace: 0, quorum: 3, buffer: 3, dynamicSteps: false });
    for (const id of ['a', 'b', 'c']) filled.join(id, SPEED);
    filled.contribute(filled.lease('a'), 20);
    filled.ready('a', SPEED);
    filled.contribute(filled.lease('a'), 20);
    filled.ready('a', SPEED);
    const [whole] = inputs(filled.contribute(filled.lease('a'), 20));
    expect(whole).toMatchObject({ share: 1 });
    expect(whole!.contributions).toHaveLength(3);

    const single = tableWith({ grace: 0, buffer: 1 });
    warmUp(single, { a: 10, b: 10 });
    expect(inputs(single.contribute(single.lease('a'), 3))[0]).toMatchObject({ share: 1 });
  });

  test('four paths: each module folds what crosses it, and no path waits for another', () => {
    const table = tableWith({ grace: 0 }, { replicas: 1 }, [2, 2]);
    for (const id of ['a', 'b', 'c', 'd']) table.join(id, SPEED);
    const { path } = taskOf(table, 'a');
    expect(new Set(['a', 'b', 'c', 'd'].map((id) => taskOf(table, id).path)).size).toBe(4);
    const folds = inputs(table.contribute(table.lease('a'), 20));
    expect(folds).toHaveLength(4);
    expect(Object.fromEntries(folds.map(({ module, share }) => [module.name.split('.')[0], share]))).toMatchObject({
      embedding: 0.25,
      level0: 0.5,
      level1: 0.5,
      head: 0.25,
    });
    table.fold();
    table.ready('a', SPEED);
    expect(taskOf(table, 'a').path).toBe(path);
  });
});

describe('special cases', () => {
  test('an infinite grace period with equal steps folds what a synchronous run folds', () => {
    const play = (mode: RunSpec['mode']) => {
      const table = tableWith({ grace: 1e6, dynamicSteps: false }, { mode });
      const folds: unknown[] = [];
      for (const id of ['a', 'b', 'c']) table.join(id, SPEED);
      for (let round = 0; round < 4; round++) {
        table.wait(9000);
        for (const id of ['c', 'a', 'b']) {
          table.wait(300);
          for (const input of inputs(table.contribute(table.lease(id), 20)))
            folds.push({ ...input, contributions: input.contributions.map(({ ageMs: _, ...one }) => one) });
        }
        table.fold();
        for (const id of ['a', 'b', 'c']) table.ready(id, SPEED);
      }
      return { folds, step: taskOf(table, 'a').globalStep };
    };
    const [sync, async] = [play('sync'), play('async')];
    expect(sync.folds).toHaveLength(12);
    const withoutSpread = (folds: unknown[]) => JSON.parse(JSON.stringify(folds).replaceAll(',"momentumSpread":0', ''));
    expect(withoutSpread(async.folds)).toEqual(sync.folds);
    expect(async.step).toBe(sync.step);
  });

  test('with a buffer of one each arrival is a whole step of the outer optimizer, in the order of arrival', () => {
    for (const kind of OUTER_KINDS) {
      const table = tableWith({ grace: 0.5, buffer: 1 }, { outer: { ...runFacts('', [1]).spec.outer, kind } });
      for (const id of ['a', 'b', 'c']) table.join(id, SPEED);
      const leases = ['b', 'c', 'a'].map((id) => table.lease(id));
      const begun: CoordinatorEvent[] = [];
      for (const lease of leases) {
        table.wait(100);
        begun.push(...table.contribute(lease, 20));
      }
      for (let i = 0; i < 3; i++) begun.push(...table.fold());
      const steps = inputs(begun).filter(({ module }) => module.name === 'head');
      expect(steps.map(({ contributions }) => contributions.map(({ lease }) => lease))).toEqual(
        leases.map((lease) => [lease]),
      );
      for (const { share, outer } of steps) expect({ share, kind: outer.kind }).toEqual({ share: 1, kind });
    }
  });

  test('in whatever order contributions arrive in one grace period, the fold is the same', () => {
    const play = (order: string[]) => {
      const table = tableWith({ grace: 1 });
      for (const id of ['a', 'b', 'c', 'd']) table.join(id, SPEED);
      const leases = Object.fromEntries(order.map((id) => [id, table.lease(id)]));
      table.wait(10_000);
      const begun = order.flatMap((id) => inputs(table.contribute(leases[id]!, id === 'b' ? 7 : 20)));
      return createHash('sha256')
        .update(JSON.stringify([...begun, ...inputs(table.wait(20_000))]))
        .digest('hex');
    };
    expect(play(['d', 'b', 'a', 'c'])).toBe(play(['a', 'b', 'c', 'd']));
  });

  test('the state goes through a snapshot in the middle of a grace period', () => {
    const play = (restart: boolean) => {
      const table = tableWith({ grace: 0.5 });
      for (const id of ['a', 'b', 'c']) table.join(id, SPEED);
      table.wait(8000);
      table.contribute(table.lease('b'), 20);
      if (restart) table.state = restore(snapshot(table.state));
      table.wait(1000);
      table.contribute(table.lease('a'), 13);
      return inputs(table.wait(10_000));
    };
    expect(play(true)).toEqual(play(false));
    expect(play(true)).toHaveLength(3);
  });
});

describe('data progress', () => {
  test('the learning rate follows the steps of the own shard, and who is free gets the shard that is behind', () => {
    const table = tableWith({ grace: 0 }, { replicas: 1 }, [2]);
    for (const id of ['a', 'b']) table.join(id, SPEED);
    const [own, other] = [taskOf(table, 'a').path, taskOf(table, 'b').path];
    for (let round = 1; round <= 3; round++) {
      table.contribute(table.lease('a'), round === 1 ? 7 : 20);
      table.fold();
      table.ready('a', SPEED);
      expect(taskOf(table, 'a')).toMatchObject({ path: own, globalStep: [7, 27, 47][round - 1] });
    }
    table.contribute(table.lease('b'), 20);
    table.fold();
    table.join('new', SPEED);
    expect(taskOf(table, 'new')).toMatchObject({ path: other, globalStep: 20, totalSteps: 1_000_000 });
  });
});

describe('DyLU', () => {
  test('everybody gets as many steps as the fastest takes H in; the lease says why', () => {
    const table = tableWith({ grace: 0 });
    warmUp(table, { fast: 5.8, second: 7.5, third: 15.1, slow: 33.3 });
    for (const id of ['fast', 'second', 'third', 'slow']) {
      table.contribute(table.lease(id), taskOf(table, id).steps);
      table.fold();
    }
    const steps = (id: string) => {
      table.ready(id, SPEED);
      return taskOf(table, id).stepsReason;
    };
    expect(steps('fast').because).toBe('whole');
    expect(steps('third')).toMatchObject({ because: 'pace', whole: 20 });
    expect(steps('third').timesSlower).toBeGreaterThan(1.5);
  });

  test('F4: one who lies about its work does not starve the others, one who lies about its speed changes nothing', () => {
    const table = tableWith({ grace: 0, leastSteps: 1 });
    warmUp(table, { a: 10, b: 10, c: 10, liar: 10 });
    for (let i = 0; i < 6; i++) {
      table.contribute(table.lease('liar'), taskOf(table, 'liar').steps);
      table.fold();
      table.ready('liar', 1000 * SPEED);
    }
    table.wait(10_000);
    table.contribute(table.lease('a'), taskOf(table, 'a').steps);
    table.fold();
    table.ready('a', SPEED);
    expect(taskOf(table, 'a').steps).toBeGreaterThanOrEqual(5);
    const other = tableWith({ grace: 0 });
    warmUp(other, { a: 10, b: 10 });
    other.join('braggart', 1000 * SPEED);
    expect(taskOf(other, 'braggart').steps).toBe(20);
    other.contribute(other.lease('a'), 20);
    other.fold();
    other.ready('a', SPEED);
    expect(taskOf(other, 'a').steps).toBe(20);
  });

  test('a lease that ran out, in a tab that slept, makes the next at most 2.5 times shorter', () => {
    const table = tableWith({ grace: 0 });
    warmUp(table, { a: 10, b: 10 });
    table.wait(100_000);
    expect(train(table).paces['b']!.stepMs).toBe(2.5 * 500);
  });
});

describe('what does harm elsewhere', () => {
  test('a flood of tiny contributions counts as the work that it is', () => {
    const table = tableWith({ grace: 0 });
    warmUp(table, { honest: 10, flood: 10 });
    let tiny = 0;
    for (let i = 0; i < 30; i++) {
      table.wait(300);
      for (const { module, share } of inputs(table.contribute(table.lease('flood'), 1, 0.3)))
        if (module.name === 'head') tiny += share;
      table.fold();
      table.ready('flood', SPEED);
    }
    const decided = table.contribute(table.lease('honest'), 10, Math.sqrt(10));
    expect(only(decided, 'ContributionRejected')).toEqual([]);
    expect(inputs(decided)[0]!.contributions).toMatchObject([{ staleness: 31, steps: 10 }]);
    expect(tiny).toBeLessThan(30 * 0.1);
  });

  test('a clock that runs backwards moves nothing: paces are never negative, nor are ages', () => {
    const table = tableWith({ grace: 0.1 });
    table.join('a', SPEED);
    table.join('b', SPEED);
    table.now -= 5000;
    table.contribute(table.lease('a'), 20);
    table.now -= 5000;
    const folds = inputs(table.contribute(table.lease('b'), 20));
    expect(folds.length).toBeGreaterThan(0);
    for (const { contributions, share } of folds) {
      expect(share).toBeGreaterThan(0);
      for (const { ageMs } of contributions) expect(ageMs).toBeGreaterThanOrEqual(0);
    }
    for (const { stepMs } of Object.values(train(table).paces)) expect(stepMs).toBeGreaterThan(0);
  });
});

describe('mode switch', () => {
  test('F6: to arrivals, what was given is folded, and what is under way counts when it arrives', () => {
    const table = tableWith({}, { mode: 'sync' });
    for (const id of ['a', 'b']) table.join(id, SPEED);
    table.contribute(table.lease('a'), 20);
    const decided = table.take({ type: 'RunModeChanged', run: 'r', mode: 'async' });
    expect(inputs(decided).map(({ share }) => share)).toEqual([0.5, 0.5, 0.5]);
    table.fold();
    const [later] = inputs(table.contribute(table.lease('b'), 20));
    expect(later).toMatchObject({ module: { version: 1 }, contributions: [{ staleness: 1 }] });
  });

  test('F6: to rounds, what is under way is folded as it arrives, and only then a round begins', () => {
    const table = tableWith({ grace: 0.5 });
    for (const id of ['a', 'b']) table.join(id, SPEED);
    table.contribute(table.lease('a'), 20);
    table.ready('a', SPEED);
    expect(inputs(table.take({ type: 'RunModeChanged', run: 'r', mode: 'sync' }))).toHaveLength(3);
    table.fold();
    expect(table.state.volunteers['a']!.lease).toBeNull();
    expect(inputs(table.contribute(table.lease('b'), 20))).toHaveLength(3);
    table.fold();
    expect(taskOf(table, 'a').modules.map(({ version }) => version)).toEqual([2, 2, 2]);
    expect(train(table).leases[table.lease('a')]!.mode).toBe('sync');
  });

  test('from arrivals to hybrid: what was leased before counts in every module, also where that stepped since', () => {
    const table = tableWith({ grace: 0 }, { mode: 'async', replicas: 2 }, [2]);
    for (const id of ['a', 'b', 'c', 'd']) table.join(id, SPEED);
    const first = taskOf(table, 'a').path;
    const mate = ['b', 'c', 'd'].find((id) => taskOf(table, id).path === first)!;
    table.contribute(table.lease('a'), 20);
    table.fold();
    table.take({ type: 'RunModeChanged', run: 'r', mode: 'hybrid' });
    const names = inputs(table.contribute(table.lease(mate), 20)).map(({ module }) => module.name);
    expect(names).toContain(`level0.${first}`);
  });

  test('an optimizer that knows whole steps only takes one for what is left of a buffer', () => {
    const outer = { ...runFacts('', [1]).spec.outer, kind: 'momentum' as const };
    const table = tableWith({ grace: 0, buffer: 3, quorum: 3 }, { mode: 'async', totalSteps: 20, outer });
    for (const id of ['a', 'b']) table.join(id, SPEED);
    table.contribute(table.lease('a'), 20);
    table.take({ type: 'VolunteerAway', volunteer: 'b' });
    const decided = table.take({ type: 'RunModeChanged', run: 'r', mode: 'sync' });
    table.wait(600_000);
    const folds = inputs([...decided, ...table.take()]);
    expect(folds.map(({ share }) => share)).toEqual(folds.map(() => 1));
    expect(folds.length).toBeGreaterThan(0);
  });

  test('hybrid: what paths share steps at arrivals, what is of one path in rounds of its own', () => {
    const table = tableWith({ grace: 0 }, { mode: 'hybrid', replicas: 2 }, [2]);
    for (const id of ['a', 'b', 'c', 'd']) table.join(id, SPEED);
    const first = taskOf(table, 'a').path;
    const mate = ['b', 'c', 'd'].find((id) => taskOf(table, id).path === first)!;
    expect(inputs(table.contribute(table.lease('a'), 20)).map(({ module }) => module.name)).toEqual([
      'embedding',
      'head',
    ]);
    table.fold();
    table.ready('a', SPEED);
    expect(table.state.volunteers['a']!.lease).toBeNull();
    const names = inputs(table.contribute(table.lease(mate), 20)).map(({ module, share }) => [module.name, share]);
    expect(names).toContainEqual([`level0.${first}`, 1]);
  });
});
