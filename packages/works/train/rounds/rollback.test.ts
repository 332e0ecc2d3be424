import { advance } from '@pathfold/coordination/coordinator/advance';
import { checkpointRounds } from '@pathfold/coordination/coordinator/checkpoints';
import { restore, snapshot } from '@pathfold/coordination/coordinator/state';
import { only, Table } from '@pathfold/coordination/coordinator/table.fixture';
import { runFacts } from '@pathfold/coordination/simulator/run-facts';
import type { Json, RunFacts } from '@pathfold/coordination/work-plan';
import type { Mode, RunSpec } from '@pathfold/protocol/run-spec';
import { describe, expect, test } from 'vitest';
import { type EvaluateState, evaluatePlan } from '../../evaluate/plan.ts';
import { trainPlan } from '../plan.ts';
import type { TrainState } from '../state.ts';
import type { TrainFoldInput, TrainTask } from '../task.ts';

/** 20 steps of 4 x 32 tokens: at this speed a whole lease takes 10 s. */
const SPEED = 256;
const KINDS = ['train', 'evaluate'];

/** By round, the modules and the state of training when it was first reached. */
let seen: Map<number, { modules: RunFacts['modules']; train: TrainState }>;

function tableWith(spec: Partial<RunSpec> = {}, experts = [1]): Table {
  seen = new Map();
  const table = new Table([trainPlan, evaluatePlan], 600_000);
  table.create(runFacts('r', experts, { replicas: 1, evaluateEvery: 1000, ...spec }), KINDS);
  return table;
}

const run = (table: Table) => table.state.runs['r']!;
const train = (table: Table) => run(table).works['train'] as TrainState;
const taskOf = (table: Table, volunteer: string) =>
  table.state.leases[table.lease(volunteer)]!.task.body as unknown as TrainTask;
/** Name, version, bytes and momenta of every module. */
const modules = (table: Table) => structuredClone(run(table).facts.modules);

const evaluation = (round: number): Json => ({
  ...{ round, validLoss: 2, validBitsPerByte: 2, confirmed: false, paths: {}, whole: null },
});

/** Ends every fold under way: a module gets bytes that are those of this fold alone. */
function fold(table: Table): void {
  for (const { kind, fold } of Object.values(run(table).folds)) {
    const { module, round, contributions } = fold.input as unknown as TrainFoldInput;
    const bytes = (what: string) => ({ sha256: `${what}${contributions[0]!.lease}${module.name}`, bytes: 4096 });
    const modules = module
      ? [{ name: module.name, version: module.version + 1, blob: bytes('b'), state: bytes('m') }]
      : [];
    const result = fold.key.startsWith('round ') ? evaluation(round) : null;
    const output = { modules, figures: null, result };
    const decided = table.take({ type: 'FoldEnded', run: 'r', kind, fold: fold.key, output });
    for (const { round: reached } of only(decided, 'CheckpointTaken'))
      seen.set(reached, structuredClone({ modules: run(table).facts.modules, train: train(table) }));
  }
}

/** Volunteers contribute in turn, and what they gave is folded, until the run has come to a round. */
function trainTo(table: Table, round: number, ...volunteers: string[]): void {
  for (const volunteer of volunteers) if (!table.state.volunteers[volunteer]) table.join(volunteer, SPEED);
  for (let turn = 0; !checkpointRounds(run(table)).includes(round); turn++) {
    if (turn > 200) throw new Error(`round ${round} does not come`);
    const volunteer = volunteers[turn % volunteers.length]!;
    table.wait(5000);
    table.ready(volunteer, SPEED);
    if (table.state.volunteers[volunteer]!.lease === null) continue;
    const lease = table.lease(volunteer);
    table.contribute(lease, table.state.leases[lease]!.task.steps);
    table.wait(5000);
    fold(table);
  }
}

const pause = (table: Table) => table.take({ type: 'RunStateChanged', run: 'r', state: 'paused', reason: null });
const resume = (table: Table) => table.take({ type: 'RunStateChanged', run: 'r', state: 'training', reason: null });
const rollBack = (table: Table, round: number) => table.take({ type: 'RollbackRequested', run: 'r', round });

describe.each(['sync', 'async', 'hybrid'] satisfies Mode[])('in mode %s', (mode) => {
  test.each([[[1]], [[2]], [[2, 2]]])(
    'of %j experts, a run is what it was when its round came, and goes on',
    (experts) => {
      const table = tableWith({ mode }, experts);
      const volunteers = ['a', 'b', 'c', 'd'];
      trainTo(table, 2, ...volunteers);
      const { modules: kept, train: before } = seen.get(2)!;
      trainTo(table, 4, ...volunteers);
      expect(modules(table)).not.toEqual(kept);
      pause(table);
      rollBack(table, 2);
      expect(modules(table)).toEqual(kept);
      expect(run(table)).toMatchObject({
        state: 'paused',
        reason: expect.stringContaining('round 2'),
        leases: {},
        folds: {},
      });
      expect(checkpointRounds(run(table))).toEqual([0, 1, 2]);
      const { paths, tokens, norms } = train(table);
      expect({ tokens, norms }).toEqual({ tokens: before.tokens, norms: before.norms });
      for (const [id, { steps, rounds }] of Object.entries(before.paths))
        expect(paths[id]).toMatchObject({ steps, rounds });
      resume(table);
      trainTo(table, 4, ...volunteers);
      expect(checkpointRounds(run(table))).toEqual([0, 1, 2, 3, 4]);
    },
  );

  test('nothing that was leased before a rollback is folded after it', () => {
    const table = tableWith({ mode, quorum: 2, replicas: 3 });
    for (const volunteer of ['a', 'b', 'c']) table.join(volunteer, SPEED);
    const [checked, received, held] = ['a', 'b', 'c'].map((volunteer) => table.lease(volunteer)) as [
      string,
      string,
      string,
    ];
    table.wait(8000);
    table.contribute(checked, 20);
    table.receive(received, 20);
    pause(table);
    const decided = rollBack(table, 0);
    expect(only(decided, 'ContributionRejected')).toMatchObject([{ lease: received, code: 'rolled_back' }]);
    expect(run(table).leases).toEqual({});
    expect(table.contribute(held, 20)).toEqual([]);
    resume(table);
    trainTo(table, 2, 'a', 'b', 'c');
    const folded = only(table.log, 'FoldBegun').flatMap((event) => event.fold.contributions);
    expect(folded.length).toBeGreaterThan(0);
    expect(folded.filter((lease) => [checked, received, held].includes(lease))).toEqual([]);
    expect(table.state.volunteers['a']!.credit).toBeGreaterThan(0);
  });
});

test('a fold that was under way changes nothing, also when one of the same version goes on', () => {
  const table = tableWith();
  trainTo(table, 1, 'a');
  table.ready('a', SPEED);
  const lost = table.contribute(table.lease('a'), 20);
  const [old] = only(lost, 'FoldBegun');
  expect(old!.fold.key).toBe('embedding v2');
  pause(table);
  rollBack(table, 1);
  resume(table);
  const again = only(table.contribute(table.lease('a'), 20), 'FoldBegun').map((event) => event.fold.key);
  expect(again).toContain('embedding v2 after rollback 1');
  const module = { name: 'embedding', version: 2, blob: { sha256: 'old', bytes: 1 }, state: null };
  const output = { modules: [module], figures: null, result: null };
  table.take({ type: 'FoldEnded', run: 'r', kind: 'train', fold: old!.fold.key, output });
  expect(run(table).facts.modules['embedding']!.version).toBe(1);
  fold(table);
  expect(run(table).facts.modules['embedding']).toMatchObject({
    version: 2,
    blob: { sha256: expect.stringMatching(/^bl/) },
  });
});

test('T5: volunteers begin with moments of their own after a rollback, and never draw the windows of a lost round again', () => {
  const table = tableWith();
  trainTo(table, 2, 'a');
  table.ready('a', SPEED);
  const seeds = () => only(table.log, 'LeaseGranted').map(({ task }) => (task.body as unknown as TrainTask).seed);
  expect(taskOf(table, 'a').rollbacks).toBeUndefined();
  pause(table);
  expect(train(table).paths['0']!.homes).toEqual(['a']);
  rollBack(table, 1);
  expect(train(table).paths['0']!.homes).toBeUndefined();
  resume(table);
  expect(taskOf(table, 'a')).toMatchObject({ round: 2, globalStep: 20, rollbacks: 1 });
  expect(new Set(seeds()).size).toBe(seeds().length);
});

test('only a run that rests goes back, and only to a round that is kept', () => {
  const table = tableWith();
  trainTo(table, 3, 'a');
  const kept = modules(table);
  expect(rollBack(table, 1)).toEqual([]);
  pause(table);
  expect(rollBack(table, 7)).toEqual([]);
  expect(modules(table)).toEqual(kept);
  expect(table.take({ type: 'RollbackRequested', run: 'unknown', round: 1 })).toEqual([]);
});

test('a run that was finished trains again from an earlier round, and finishes again', () => {
  const table = tableWith({ totalSteps: 40 });
  const finish = () => {
    for (let turn = 0; run(table).state !== 'finished' && turn < 20; turn++) {
      table.ready('a', SPEED);
      table.contribute(table.lease('a'), 20);
      fold(table);
    }
  };
  table.join('a', SPEED);
  finish();
  rollBack(table, 1);
  expect(run(table)).toMatchObject({ state: 'paused', ending: false });
  resume(table);
  finish();
  expect(run(table).state).toBe('finished');
  const scored = only(table.log, 'FoldBegun').filter(({ kind }) => kind === 'evaluate');
  expect(scored.map(({ fold: { input } }) => (input as { round: number }).round)).toEqual([2, 2]);
});

test('scores of later rounds go, a scoring that was asked for is asked for again, and the best version is the one of then', () => {
  const table = tableWith({ evaluateEvery: 1, earlyStopping: { patience: 2 } });
  trainTo(table, 1, 'a');
  const facts = run(table).facts;
  const state = run(table).works['evaluate'] as EvaluateState;
  const best = { round: 1, bitsPerByte: 2, modules: [], routing: 0, scoringsSince: 0, stopped: false };
  facts.paths['0']!.bestVersion = best;
  trainTo(table, 2, 'a');
  facts.paths['0']!.bestVersion = { ...best, round: 3 };
  trainTo(table, 3, 'a');
  Object.assign(state, { lastRound: 3, askedRound: 3, stoppingRound: 3, latest: evaluation(3) });
  table.take({ type: 'WorkRequested', run: 'r', kind: 'evaluate' });
  pause(table);
  table.join('b', SPEED);
  rollBack(table, 2);
  expect(state).toMatchObject({ lastRound: 2, askedRound: 2, stoppingRound: 2, latest: null });
  expect(facts.paths['0']!.bestVersion).toEqual(best);
  expect(only(table.log, 'LeaseGranted').at(-1)).toMatchObject({ kind: 'evaluate', task: { body: { round: 2 } } });
});

test('snapshot and log give the same state after a rollback; a log from before rounds were kept opens, and keeps what comes', () => {
  const table = tableWith({}, [2]);
  trainTo(table, 3, 'a', 'b');
  const early = snapshot(table.state);
  const length = table.log.length;
  trainTo(table, 4, 'a', 'b');
  pause(table);
  rollBack(table, 2);
  resume(table);
  trainTo(table, 3, 'a', 'b');
  const replayed = restore(early);
  for (const event of table.log.slice(length)) table.mind.apply(replayed, event);
  expect(snapshot(replayed)).toBe(snapshot(table.state));

  const old = table.mind.init();
  const known = table.log.slice(0, length).filter(({ type }) => type !== 'CheckpointTaken');
  for (const event of known) table.mind.apply(old, event);
  expect(checkpointRounds(old.runs['r']!)).toEqual([]);
  const decided = advance(table.mind, old, [{ at: old.now, type: 'CoordinatorStarted', epoch: 2 }], old.now);
  expect(only(decided, 'CheckpointTaken')).toMatchObject([{ round: 3 }]);
});
