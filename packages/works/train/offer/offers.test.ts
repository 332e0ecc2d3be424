import { only, Table } from '@pathfold/coordination/coordinator/table.fixture';
import { runFacts } from '@pathfold/coordination/simulator/run-facts';
import { describe, expect, test } from 'vitest';
import { SPEED, tableWith, taskOf, versions } from '../plan.fixture.ts';
import { trainPlan } from '../plan.ts';
import type { TrainFoldInput } from '../task.ts';

describe('2 x 2 paths', () => {
  test('one volunteer trains all four in turn before the modules step', () => {
    const table = tableWith({}, [2, 2]);
    table.join('a', SPEED);
    const seen: string[] = [];
    for (let i = 0; i < 4; i++) {
      seen.push(taskOf(table, 'a').path);
      table.wait(10_000);
      table.contribute(table.lease('a'), 20);
      table.ready('a', SPEED);
    }
    expect(seen.toSorted()).toEqual(['0-0', '0-1', '1-0', '1-1']);
    expect(Object.keys(table.state.runs['r']!.folds)).toHaveLength(6);
    table.fold();
    expect(versions(table)).toEqual([1, 1, 1, 1, 1, 1]);
  });

  test('with fewer volunteers than paths each goes on with those whose state it keeps', () => {
    const table = tableWith({ replicas: 1 }, [4]);
    for (const id of ['a', 'b']) table.join(id, SPEED);
    const trained: Record<string, Set<string>> = { a: new Set(), b: new Set() };
    const holds = (id: string) => table.state.volunteers[id]!.lease !== null;
    for (const order of [
      ['a', 'b'],
      ['b', 'a'],
      ['a', 'b'],
      ['b', 'a'],
    ]) {
      while (order.some(holds))
        for (const id of order.filter(holds)) {
          trained[id]!.add(taskOf(table, id).path);
          table.contribute(table.lease(id), 20);
          table.ready(id, SPEED);
        }
      table.fold();
    }
    expect([...trained['a']!, ...trained['b']!].toSorted()).toEqual(['0', '1', '2', '3']);
  });

  test('a path without its quorum at the deadline is left out, shown as stale, and first in the next round', () => {
    const table = tableWith({ roundDeadlineMs: 30_000, replicas: 1 }, [2]);
    table.join('a', SPEED);
    table.contribute(table.lease('a'), 20);
    table.take({ type: 'VolunteerAway', volunteer: 'a' });
    const decided = table.wait(30_001);
    expect(only(decided, 'FoldBegun').map(({ fold }) => fold.key)).toEqual(['embedding v1', 'head v1']);
    table.fold();
    const run = table.state.runs['r']!;
    const { paths } = trainPlan.pages!.summary(run.works['train'] as never, run.facts);
    expect(paths).toMatchObject({ '0': { stale: false, steps: 20 }, '1': { stale: true, steps: 0 } });
    table.join('a', SPEED);
    expect(taskOf(table, 'a').path).toBe('1');
  });
});

describe('where paths share no module', () => {
  /** The paths that a lone volunteer trains, a lease of each, and those told to starve as each lease ends. */
  function play(experts: number, leases: number) {
    const table = tableWith({ roundDeadlineMs: 30_000, replicas: 1, embedding: 'level' }, [experts]);
    table.join('a', SPEED);
    const trained: string[] = [];
    const starving: string[][] = [];
    for (let i = 0; i < leases; i++) {
      trained.push(taskOf(table, 'a').path);
      table.wait(10_000);
      table.contribute(table.lease('a'), 20);
      table.fold();
      table.ready('a', SPEED);
      const { works, facts } = table.state.runs['r']!;
      const { paths = {} } = trainPlan.pages!.summary(works['train'] as never, facts);
      starving.push(Object.keys(paths).filter((id) => paths[id]!.stale));
    }
    return { trained, starving };
  }

  test('one that its lone volunteer has not come to is told to starve, and comes next', () => {
    const { trained, starving } = play(2, 10);
    expect(trained.slice(0, 9)).toEqual([...Array(8).fill('0'), '1']);
    expect(starving.slice(6)).toEqual([[], ['1'], [], []]);
  });

  test('a lone volunteer trains all of them, however many there are', () => {
    const { trained } = play(12, 300);
    // The last hundred: by then it has come to each.
    const shares = Array.from({ length: 12 }, (_, path) => trained.slice(-100).filter((id) => id === `${path}`).length);
    expect(Math.min(...shares)).toBeGreaterThanOrEqual(5);
  });
});

test('volunteers keep their paths, whatever order folds end in; a missed round moves them once', () => {
  const table = tableWith({ roundDeadlineMs: 15_000, replicas: 1 }, [4]);
  const volunteers = ['a', 'b', 'c', 'd'];
  for (const id of volunteers) table.join(id, 2 * SPEED);
  const homes = [volunteers.map((id) => taskOf(table, id).path)];
  for (let round = 0; round < 8; round++) {
    const isMissed = round === 3;
    for (const id of [...volunteers.slice(round % 4), ...volunteers.slice(0, round % 4)]) {
      if (isMissed && id === 'b') continue;
      table.contribute(table.lease(id), taskOf(table, id).steps);
      table.ready(id, 2 * SPEED);
    }
    if (isMissed) table.wait(15_001);
    const folds = Object.keys(table.state.runs['r']!.folds);
    for (const fold of round % 2 === 0 ? folds : folds.toReversed()) table.fold(fold);
    if (isMissed) table.ready('b', 2 * SPEED);
    homes.push(volunteers.map((id) => taskOf(table, id).path));
  }
  expect(homes.map(String)).toEqual([...Array(4).fill(String(homes[0])), ...Array(5).fill(String(homes[4]))]);
});

test('a round that waits for a check alone begins no lease, and ends with it', () => {
  const table = tableWith({ roundDeadlineMs: 30_000, replicas: 1 }, [3]);
  for (const id of ['a', 'b']) table.join(id, SPEED);
  table.contribute(table.lease('a'), 20);
  table.wait(29_000);
  const late = table.lease('b');
  table.receive(late, 20);
  table.wait(2000);
  table.ready('b', SPEED);
  expect(table.state.volunteers['b']!.lease).toBeNull();
  const decided = table.take({ type: 'ContributionChecked', lease: late, figures: { norm: 1 } });
  expect(only(decided, 'FoldBegun').map(({ fold }) => fold.key)).toContain('embedding v1');
});

test('slow devices serve paths side by side, each with what it can', () => {
  const table = tableWith({ roundDeadlineMs: 30_000, replicas: 1 }, [4]);
  const volunteers = ['a', 'b', 'c', 'd'];
  // 3 of 20 steps in the 18 s that a lease may fill.
  for (const id of volunteers) table.join(id, SPEED / 12);
  expect(volunteers.map((id) => taskOf(table, id).steps)).toEqual([3, 3, 3, 3]);
  expect(new Set(volunteers.map((id) => taskOf(table, id).path)).size).toBe(4);
});

describe('devices of every size', () => {
  const enough = trainPlan.traits!.memoryBytes!(runFacts('r', [1]));
  const join = (table: Table, volunteer: string, memoryBytes: number, tokensPerSecond = SPEED) => {
    const executor = { name: 'test', adapter: '', tokensPerSecond };
    table.take({ type: 'VolunteerJoined', volunteer, name: volunteer, agent: 'browser' });
    table.take({ type: 'VolunteerReady', volunteer, executor, memoryBytes });
  };

  test.each(['sync', 'async'] as const)('in mode %s a path is leased only to those whose memory holds it', (mode) => {
    const table = tableWith({ replicas: 1, mode }, [2]);
    join(table, 'phone', enough - 1);
    expect(table.state.volunteers['phone']!.lease).toBeNull();
    join(table, 'larger phone', enough);
    join(table, 'who does not tell', 0);
    expect(taskOf(table, 'larger phone').path).not.toBe(taskOf(table, 'who does not tell').path);
  });

  test('a slow device gets the steps that it has time for, by what was measured and not by what it claims', () => {
    const table = tableWith({ roundDeadlineMs: 20_000, replicas: 1 });
    join(table, 'phone', enough, 1_000_000);
    expect(taskOf(table, 'phone').steps).toBe(20);
    table.wait(14_500);
    table.contribute(table.lease('phone'), 20);
    table.fold();
    table.ready('phone', 1_000_000);
    expect(taskOf(table, 'phone').steps).toBeLessThan(20);
  });
});

test('with private embeddings the figures tell all paths, each by what its own embedding folded last', () => {
  const facts = runFacts('r', [2], { replicas: 1 });
  const own = (id: string) => [`embedding.${id}`, `level0.${id}`, 'head'];
  const paths = Object.fromEntries(
    Object.entries(facts.paths).map(([id, path]) => [id, { ...path, modules: own(id) }]),
  );
  const { embedding, ...others } = facts.modules;
  const embeddings = { 'embedding.0': { ...embedding! }, 'embedding.1': { ...embedding! } };
  const table = new Table([trainPlan]);
  table.create({ ...facts, paths, modules: { ...embeddings, ...others } }, ['train']);
  table.join('a', SPEED);
  table.join('b', SPEED);
  const contribute = (volunteer: string, loss: number) => {
    const lease = table.lease(volunteer);
    const report = { steps: 20, tokens: 100, computeMs: 1, loss, downloadedBytes: { peers: 0, coordinator: 0 } };
    const executor = { name: 'test', adapter: '', tokensPerSecond: 1 };
    table.take({
      ...{ type: 'ContributionReceived', lease, sha256: lease.padEnd(64, '0'), bytes: 4 },
      report: { ...report, executor },
    });
    const decided = table.take({ type: 'ContributionChecked', lease, figures: { norm: 1 } });
    const begun = only(decided, 'FoldBegun').filter(({ fold }) => fold.key.startsWith('embedding'));
    table.fold();
    return begun.map(({ fold }) => (fold.input as unknown as TrainFoldInput).figures);
  };
  expect(contribute('a', 2)).toEqual([{ tokens: 100, trainLoss: 2 }]);
  expect(contribute('b', 4)).toEqual([{ tokens: 200, trainLoss: 3 }]);
});
