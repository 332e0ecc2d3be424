import { createHash } from 'node:crypto';
import { restore, snapshot } from '@pathfold/coordination/coordinator/state';
import { only } from '@pathfold/coordination/coordinator/table.fixture';
import type { CoordinatorEvent } from '@pathfold/coordination/events';
import { runFacts } from '@pathfold/coordination/simulator/run-facts';
import { MODES, OUTER_KINDS, type RunSpec } from '@pathfold/protocol/run-spec';
import { describe, expect, test } from 'vitest';
import { newestRefs } from '../../module-refs.ts';
import { inputs, SPEED, tableWith, taskOf, warmUp } from '../async.fixture.ts';
import { trainPlan } from '../plan.ts';

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

  test('F2: with a quorum the arrival that completes it opens the grace period', () => {
    const table = tableWith({ grace: 0.1, quorum: 2 });
    for (const id of ['a', 'b', 'c']) table.join(id, SPEED);
    table.contribute(table.lease('a'), 20);
    table.wait(9500);
    expect(inputs(table.contribute(table.lease('b'), 20))).toEqual([]);
    table.wait(500);
    const [input] = inputs(table.contribute(table.lease('c'), 20));
    expect(input!.contributions).toHaveLength(3);
  });

  test('F3: however many replicas a round has, everybody gets work', () => {
    const table = tableWith({ grace: 0 }, { replicas: 2 });
    for (const id of ['a', 'b', 'c', 'd', 'e']) table.join(id, SPEED);
    for (const id of ['a', 'b', 'c', 'd', 'e']) expect(table.lease(id)).toBeTruthy();
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

  test('with staleness weights what is older counts less', () => {
    const table = tableWith({ grace: 0, stalenessPower: 0.5 });
    warmUp(table, { a: 10, b: 10 });
    table.wait(10_000);
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

test.each(MODES)(
  'in mode %s a path that nobody serves is told to starve once others were served for two deadlines',
  (mode) => {
    const run = runFacts('r', [2], { mode, embedding: 'level', roundDeadlineMs: 60_000 });
    const state = trainPlan.init(run);
    const who = { id: 'a', tokensPerSecond: SPEED, memoryBytes: 0, path: null };
    const company = { related: () => false, hasOther: () => false };
    const offered = trainPlan.offer(state, run, who, 0, company)!;
    const starving = () => {
      const { paths } = trainPlan.pages!.summary(state, run);
      return Object.keys(paths!).filter((path) => paths![path]!.stale);
    };
    let leases = 0;
    const serve = (path: string, now: number) => {
      const [lease, volunteer] = [`l${++leases}`, 'a'];
      const body = { ...(offered.body as object), path, modules: newestRefs(run, path) };
      trainPlan.settle(state, run, { type: 'granted', lease, volunteer, task: { ...offered, body } }, now);
      const report = { steps: 1, tokens: 1, loss: 1 } as never;
      const contribution = { ...{ lease, volunteer, key: '', sha256: lease, bytes: 1 }, report, figures: { norm: 1 } };
      trainPlan.settle(state, run, { type: 'accepted', contribution }, now);
      return starving();
    };
    expect(serve('0', 1000)).toEqual([]);
    expect(serve('0', 121_000)).toEqual([]);
    expect(serve('0', 121_001)).toEqual(['1']);
    expect(serve('1', 200_000)).toEqual([]);
    // Time in which the run stands still serves nobody.
    trainPlan.settle(state, run, { type: 'resumed', pausedMs: 500_000 }, 700_000);
    expect(serve('0', 800_000)).toEqual([]);
    expect(serve('0', 900_000)).toEqual(['1']);
    const kept = { round: 0, bitsPerByte: 2, modules: [], routing: 1, scoringsSince: 1, stopped: true };
    run.paths['1']!.bestVersion = kept;
    expect(starving()).toEqual([]);
    delete run.paths['1']!.bestVersion;
    trainPlan.settle(state, run, { type: 'routed', growth: null }, 900_000);
    expect(serve('0', 900_001)).toEqual([]);
  },
);
