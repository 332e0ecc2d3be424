import { only, Table } from '@pathfold/coordination/coordinator/table';
import { runFacts } from '@pathfold/coordination/simulator/run-facts';
import type { RunSpec } from '@pathfold/protocol/run-spec';
import { describe, expect, test } from 'vitest';
import { trainPlan } from './plan.ts';
import type { TrainFoldInput, TrainTask } from './task.ts';

/** 20 steps of 4 x 32 tokens: at this speed a whole lease takes 10 s. */
const SPEED = 256;

function tableWith(spec: Partial<RunSpec> = {}, experts = [1]): Table {
  const table = new Table([trainPlan]);
  table.create(runFacts('r', experts, spec), ['train']);
  return table;
}

const taskOf = (table: Table, volunteer: string): TrainTask =>
  table.state.leases[table.lease(volunteer)]!.task.body as unknown as TrainTask;

const versions = (table: Table) => Object.values(table.state.runs['r']!.facts.modules).map(({ version }) => version);

describe('one path', () => {
  test('a lone volunteer does not wait for a second replica', () => {
    const table = tableWith({ replicas: 2 });
    table.join('a', SPEED);
    const lease = table.lease('a');
    table.wait(10_000);
    table.receive(lease, 20);
    expect(only(table.ready('a', SPEED), 'LeaseGranted')).toEqual([]);
    const decided = table.take({ type: 'ContributionChecked', lease, figures: { norm: 1 } });
    expect(only(decided, 'FoldBegun').map(({ fold }) => fold.key)).toEqual(['embedding v1', 'level0.0 v1', 'head v1']);
    table.fold();
    expect(versions(table)).toEqual([1, 1, 1]);
    expect(taskOf(table, 'a')).toMatchObject({ round: 2, globalStep: 20, steps: 20 });
  });

  test('two live replicas are both folded', () => {
    const table = tableWith({ replicas: 2 });
    table.join('a', SPEED);
    table.wait(500);
    table.join('b', SPEED);
    expect(taskOf(table, 'b').steps).toBe(20);
    expect(taskOf(table, 'b').seed).not.toBe(taskOf(table, 'a').seed);
    const [a, b] = [table.lease('a'), table.lease('b')];
    expect(only(table.contribute(a, 20), 'FoldBegun')).toEqual([]);
    table.wait(8000);
    const folds = only(table.contribute(b, 20), 'FoldBegun');
    expect(folds.map(({ fold }) => fold.contributions)).toEqual([
      [a, b],
      [a, b],
      [a, b],
    ]);
  });

  test('who asks when the last contribution of a round is being checked begins with the next round', () => {
    const table = tableWith({ replicas: 2 });
    table.join('a', SPEED);
    const lease = table.lease('a');
    table.wait(10_000);
    table.receive(lease, 20);
    table.join('b', SPEED);
    expect(table.state.volunteers['b']!.lease).toBeNull();
    table.ready('a', SPEED);
    table.take({ type: 'ContributionChecked', lease, figures: { norm: 1 } });
    expect(only(table.fold(), 'LeaseGranted').map(({ volunteer, task }) => [volunteer, task.steps])).toEqual([
      ['b', 20],
      ['a', 20],
    ]);
  });

  test('who asks just before a round could end is waited for', () => {
    const table = tableWith({ replicas: 3 });
    table.join('a', SPEED);
    table.join('b', SPEED);
    table.wait(2000);
    table.join('c', SPEED);
    const [a, b, c] = [table.lease('a'), table.lease('b'), table.lease('c')];
    table.wait(8000);
    table.contribute(a, 20);
    expect(only(table.contribute(b, 20), 'FoldBegun')).toEqual([]);
    expect(only(table.contribute(c, 20), 'FoldBegun').map(({ fold }) => fold.contributions)[0]).toEqual([a, b, c]);
  });

  test('a replica that vanishes is waited for only until it counts as silent', () => {
    const table = tableWith({ replicas: 2 });
    table.join('a', SPEED);
    table.join('b', SPEED);
    table.take({ type: 'VolunteerLost', volunteer: 'b' });
    expect(only(table.contribute(table.lease('a'), 20), 'FoldBegun')).toEqual([]);
    const decided = table.wait(30_001);
    expect(only(decided, 'LeaseEnded').map(({ code }) => code)).toEqual(['silent']);
    expect(only(decided, 'FoldBegun')).toHaveLength(3);
  });

  test('an idle volunteer takes over a lost lease while others still compute', () => {
    const table = tableWith({ replicas: 2 });
    table.join('a', SPEED / 8);
    table.join('b', SPEED / 8);
    table.wait(1000);
    table.join('c', SPEED / 8);
    expect(table.state.volunteers['c']!.lease).toBeNull();
    table.take({ type: 'LeaseEnded', lease: table.lease('b'), code: 'user', detail: '' });
    expect(taskOf(table, 'c')).toMatchObject({ round: 1 });
  });

  test('a latecomer takes as many steps as the others have time for, or waits for the next round', () => {
    const table = tableWith({ replicas: 3 });
    table.join('a', SPEED);
    table.wait(5000);
    table.join('b', SPEED);
    expect(taskOf(table, 'b').steps).toBe(10);
    table.wait(3000);
    table.join('c', SPEED);
    expect(table.state.volunteers['c']!.lease).toBeNull();
    table.contribute(table.lease('a'), 20);
    table.contribute(table.lease('b'), 10);
    table.fold();
    expect(taskOf(table, 'c')).toMatchObject({ round: 2, steps: 20 });
  });

  test('at the deadline the round ends with what is there, and revokes the rest', () => {
    const table = tableWith({ replicas: 2, roundDeadlineMs: 30_000 });
    table.join('a', 0);
    table.join('b', SPEED);
    table.contribute(table.lease('b'), 20);
    for (let i = 0; i < 6; i++) {
      table.mind.heard(table.state, 'a', table.now);
      table.mind.heard(table.state, 'b', table.now);
      table.wait(4999);
    }
    const decided = table.wait(6);
    expect(only(decided, 'LeaseEnded')).toHaveLength(1);
    expect(only(decided, 'FoldBegun')).toHaveLength(3);
  });

  test('a round without any contribution waits, and a returning volunteer gets the whole time', () => {
    const table = tableWith({ roundDeadlineMs: 30_000 });
    table.join('a', SPEED);
    table.take({ type: 'VolunteerLost', volunteer: 'a' });
    table.wait(3_600_000);
    expect(versions(table)).toEqual([0, 0, 0]);
    table.join('b', SPEED);
    expect(taskOf(table, 'b')).toMatchObject({ round: 1, steps: 20 });
  });

  test('a partial contribution counts by its steps, and moves the schedule by the longest', () => {
    const table = tableWith({ replicas: 2 });
    table.join('a', SPEED);
    table.join('b', SPEED);
    table.contribute(table.lease('a'), 5);
    const [fold] = only(table.contribute(table.lease('b'), 15), 'FoldBegun');
    const input = fold!.fold.input as unknown as TrainFoldInput;
    expect(input.contributions.map(({ weight, steps }) => [weight, steps])).toEqual([
      [50_000, 5],
      [150_000, 15],
    ]);
    table.fold();
    table.ready('a', SPEED);
    expect(taskOf(table, 'a').globalStep).toBe(15);
  });

  test('a contribution far above the median of its round is clipped, a monstrous one is rejected', () => {
    const table = tableWith({ replicas: 3 });
    for (const id of ['a', 'b', 'c']) table.join(id, SPEED);
    table.contribute(table.lease('a'), 20, 1);
    table.contribute(table.lease('b'), 20, 1);
    const [fold] = only(table.contribute(table.lease('c'), 20, 6), 'FoldBegun');
    expect((fold!.fold.input as unknown as TrainFoldInput).contributions.map(({ scale }) => scale)).toEqual([
      1, 1, 0.5,
    ]);
    table.fold();
    table.ready('a', SPEED);
    table.contribute(table.lease('a'), 20, 1);
    table.fold();
    table.ready('a', SPEED);
    const decided = table.contribute(table.lease('a'), 20, 100);
    expect(only(decided, 'ContributionRejected').map(({ code }) => code)).toEqual(['norm_out_of_bounds']);
    expect(table.state.volunteers['a']).toMatchObject({ acceptedCount: 2, rejectedCount: 1 });
  });

  test('who did most of the work is not clipped for it', () => {
    const table = tableWith({ replicas: 3 });
    for (const id of ['a', 'b', 'c']) table.join(id, SPEED);
    table.contribute(table.lease('a'), 1, 1);
    table.contribute(table.lease('b'), 1, 1);
    const [fold] = only(table.contribute(table.lease('c'), 20, Math.sqrt(20)), 'FoldBegun');
    expect((fold!.fold.input as unknown as TrainFoldInput).contributions.map(({ scale }) => scale)).toEqual([1, 1, 1]);
  });

  test('the run finishes after its steps', () => {
    const table = tableWith({ totalSteps: 30 });
    table.join('a', SPEED);
    table.contribute(table.lease('a'), 20);
    table.fold();
    table.ready('a', SPEED);
    expect(taskOf(table, 'a')).toMatchObject({ steps: 10, globalStep: 20 });
    table.contribute(table.lease('a'), 10);
    table.fold();
    expect(table.state.runs['r']!.state).toBe('finished');
  });
});

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
    const { paths } = trainPlan.summary(run.works['train'] as never, run.facts);
    expect(paths).toMatchObject({ '0': { stale: false, steps: 20 }, '1': { stale: true, steps: 0 } });
    table.join('a', SPEED);
    expect(taskOf(table, 'a').path).toBe('1');
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
  const enough = trainPlan.memoryBytes!(runFacts('r', [1]));
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
