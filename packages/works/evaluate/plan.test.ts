import { only, Table } from '@pathfold/coordination/coordinator/table.fixture';
import { roundOf } from '@pathfold/coordination/run-round';
import { runFacts } from '@pathfold/coordination/simulator/run-facts';
import type { Json } from '@pathfold/coordination/work-plan';
import { AsyncSpec, type RunSpec } from '@pathfold/protocol/run-spec';
import { expect, test } from 'vitest';
import { trainPlan } from '../train/plan.ts';
import { kindOf, SPEED, tableWith, work } from './plan.fixture.ts';
import { type EvaluateState, evaluatePlan } from './plan.ts';
import type { EvaluateFoldInput, EvaluateTask } from './task.ts';

test('an idle volunteer scores the round as soon as it is due, and training goes on', () => {
  const table = tableWith({ evaluateEvery: 2 });
  table.join('a', SPEED);
  table.join('b', SPEED);
  expect(kindOf(table, 'b')).toBeUndefined();
  work(table, 'a');
  work(table, 'b');
  expect([kindOf(table, 'a'), kindOf(table, 'b')].toSorted()).toEqual(['evaluate', 'train']);
});

test('a lone volunteer trains one more round first, then scores once', () => {
  const table = tableWith({ evaluateEvery: 2 });
  table.join('a', SPEED);
  const kinds: (string | undefined)[] = [];
  for (let i = 0; i < 6; i++) {
    kinds.push(kindOf(table, 'a'));
    work(table, 'a');
  }
  expect(kinds).toEqual(['train', 'train', 'train', 'evaluate', 'train', 'train']);
});

test('the score is of the versions that were leased', () => {
  const table = tableWith({ evaluateEvery: 1 });
  table.join('a', SPEED);
  work(table, 'a');
  table.join('b', SPEED);
  const lease = table.lease('b');
  const task = table.state.leases[lease]!.task.body as unknown as EvaluateTask;
  expect(task.modules.map(({ version }) => version)).toEqual([1, 1, 1]);
  work(table, 'a');
  const [fold] = only(table.contribute(lease, 100), 'FoldBegun').filter(({ kind }) => kind === 'evaluate');
  expect(fold!.fold.input as unknown as EvaluateFoldInput).toMatchObject({ round: 1, contributions: [{ path: '0' }] });
});

const noticeOf = (table: Table) => {
  const { works, facts } = table.state.runs['r']!;
  return evaluatePlan.pages!.summary(works['evaluate'] as EvaluateState, facts).notice;
};

test('three failures give the round up, which is told until the next score, and training never stops for it', () => {
  const table = tableWith({ evaluateEvery: 1 });
  table.join('a', SPEED);
  work(table, 'a');
  work(table, 'a');
  for (let i = 0; i < 3; i++) {
    expect(kindOf(table, 'a')).toBe('evaluate');
    table.take({ type: 'LeaseEnded', lease: table.lease('a'), code: 'user', detail: '' });
    table.ready('a', SPEED);
  }
  expect(kindOf(table, 'a')).toBe('train');
  expect(noticeOf(table)).toBe('Scores of round 2 are given up: of those who were asked for them 3 brought none.');
});

test('the operator can ask for a score at any time', () => {
  const table = tableWith({ evaluateEvery: 1000 });
  table.join('a', SPEED);
  table.join('b', SPEED);
  table.take({ type: 'WorkRequested', run: 'r', kind: 'evaluate' });
  expect(kindOf(table, 'b')).toBe('evaluate');
});

test('a run that has taken its steps is scored before it finishes', () => {
  const table = tableWith({ evaluateEvery: 1000, totalSteps: 20 });
  table.join('a', SPEED);
  work(table, 'a');
  expect(table.state.runs['r']!.state).toBe('training');
  expect(kindOf(table, 'a')).toBe('evaluate');
  work(table, 'a');
  expect(table.state.runs['r']!.state).toBe('finished');
});

const halt = (table: Table, state: 'paused' | 'finished') =>
  table.take(
    { type: 'RunStateChanged', run: 'r', state, reason: null },
    ...(state === 'finished' ? [{ type: 'RunEnding', run: 'r' } as const] : []),
  );
const lastRound = (table: Table) => (table.state.runs['r']!.works['evaluate'] as { lastRound: number }).lastRound;

test('a paused run is scored when the operator asks for it, and nothing else of it goes on', () => {
  const table = tableWith({ evaluateEvery: 2 });
  table.join('a', SPEED);
  work(table, 'a');
  work(table, 'a');
  halt(table, 'paused');
  expect(kindOf(table, 'a')).toBeUndefined();
  table.ready('a', SPEED);
  expect(kindOf(table, 'a')).toBeUndefined();
  table.take({ type: 'WorkRequested', run: 'r', kind: 'evaluate' });
  expect(kindOf(table, 'a')).toBe('evaluate');
  work(table, 'a');
  expect(lastRound(table)).toBe(2);
  expect(kindOf(table, 'a')).toBeUndefined();
  expect(table.state.runs['r']!.state).toBe('paused');
});

test('a run that the operator stops is scored at its last round, also when a fold ends later', () => {
  const table = tableWith({ evaluateEvery: 1000 });
  table.join('a', SPEED);
  work(table, 'a');
  table.contribute(table.lease('a'), 20);
  table.ready('a', SPEED);
  halt(table, 'finished');
  expect(kindOf(table, 'a')).toBe('evaluate');
  const lease = table.lease('a');
  table.fold();
  table.contribute(lease, 20);
  table.fold();
  expect(lastRound(table)).toBe(1);
  table.ready('a', SPEED);
  expect(kindOf(table, 'a')).toBe('evaluate');
  work(table, 'a');
  expect(lastRound(table)).toBe(2);
  expect(kindOf(table, 'a')).toBeUndefined();
});

test('a stopped run of which the newest round is scored asks for nothing more', () => {
  const table = tableWith({ evaluateEvery: 1000 });
  table.join('a', SPEED);
  halt(table, 'finished');
  table.ready('a', SPEED);
  expect(kindOf(table, 'a')).toBeUndefined();
});

test.each([
  ['none', { counts: [5, 0, 5], scored: undefined }],
  ['none that is longer than the prefix', { counts: [5, 3, 5], scored: [4, 0, 5] }],
])('of several paths each scores its own documents, at once; one that has %s is left out', (_, of) => {
  const table = new Table([trainPlan, evaluatePlan]);
  const facts = runFacts('r', [3], { replicas: 1, evaluateEvery: 1 });
  const counts = { ...facts.routing!.counts, test: of.counts };
  const scored = of.scored && { router: [9, 9, 9], test: of.scored };
  table.create({ ...facts, routing: { ...facts.routing!, counts, ...(scored && { scored }) } }, ['train', 'evaluate']);
  for (const volunteer of ['a', 'b', 'c']) table.join(volunteer, SPEED);
  for (const volunteer of ['a', 'b', 'c']) table.contribute(table.lease(volunteer), 20);
  table.fold();
  for (const volunteer of ['d', 'e', 'f']) table.join(volunteer, SPEED);
  for (const volunteer of ['a', 'b', 'c']) table.ready(volunteer, SPEED);
  const tasks = Object.values(table.state.leases).filter(({ kind }) => kind === 'evaluate');
  const bodies = tasks.map(({ task }) => task.body as unknown as EvaluateTask);
  expect(bodies.map(({ path, assigned }) => [path, assigned?.path])).toEqual([
    ['0', 0],
    ['2', 2],
  ]);
  const [first, second] = tasks.map(({ id }) => id);
  expect(only(table.contribute(first!, 10), 'FoldBegun')).toEqual([]);
  expect(only(table.contribute(second!, 10), 'FoldBegun')).toHaveLength(1);
});

test('asked for, every path of a mixture scores every document', () => {
  const table = new Table([trainPlan, evaluatePlan]);
  table.create(runFacts('r', [2], { replicas: 1 }), ['train', 'evaluate']);
  table.take({ type: 'WorkRequested', run: 'r', kind: 'evaluate' });
  table.join('a', SPEED);
  const task = table.state.leases[table.lease('a')]!.task.body as unknown as EvaluateTask;
  expect(task).toMatchObject({ assigned: null, chunkTokens: 32 });
});

test('what only a scoring by every path tells outlives the next scoring', () => {
  const run = runFacts('r', [2]);
  const state = evaluatePlan.init(run);
  const scored = (round: number, whole: object | null) => {
    const result = { round, validLoss: 2, validBitsPerByte: 2, paths: {}, whole } as Json;
    state.folding = `round ${round}`;
    evaluatePlan.settle(state, run, { type: 'folded', fold: `round ${round}`, result }, 0);
    return evaluatePlan.pages!.summary(state, run).evaluation;
  };
  const whole = { round: 1, oracleBitsPerByte: 1 };
  expect(scored(1, whole)).toMatchObject({ round: 1, whole });
  expect(scored(2, null)).toMatchObject({ round: 2, whole });
});

/** A run that the operator wants scored: `a` trains, whoever comes next scores. */
function firstScore(spec: Partial<RunSpec>, steps: number): { round: number; steps: number } {
  const table = tableWith({ evaluateEvery: 2, ...spec });
  for (const volunteer of ['a', 'b', 'c']) table.join(volunteer, SPEED);
  const leases = () => Object.values(table.state.leases);
  for (let i = 0; i < 20 && leases().every(({ kind }) => kind === 'train'); i++) {
    const { id, volunteer, task } = leases()[0]!;
    table.contribute(id, Math.min(steps, task.steps));
    table.fold();
    table.ready(volunteer, SPEED);
  }
  expect(leases().map(({ kind }) => kind)).toContain('evaluate');
  const { facts } = table.state.runs['r']!;
  return { round: roundOf(facts), steps: facts.paths['0']!.steps! };
}

test('scores come after so many rounds of steps, however few of them a lease takes and whatever makes a version', () => {
  expect(firstScore({}, 20)).toEqual({ round: 2, steps: 40 });
  const arrivals = { mode: 'async' as const, replicas: 2, async: AsyncSpec.parse({ grace: 0 }) };
  for (const { round, steps } of [firstScore({}, 10), firstScore(arrivals, 20)]) {
    expect(round).toBeGreaterThan(2);
    expect(steps).toBeGreaterThanOrEqual(40);
    expect(steps).toBeLessThan(60);
  }
});
