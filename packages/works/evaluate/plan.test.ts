import { only, Table } from '@pathfold/coordination/coordinator/table';
import { roundOf } from '@pathfold/coordination/run-round';
import { runFacts } from '@pathfold/coordination/simulator/run-facts';
import type { Json } from '@pathfold/coordination/work-plan';
import type { KeptVersion } from '@pathfold/protocol/resources';
import { AsyncSpec, type RunSpec } from '@pathfold/protocol/run-spec';
import { expect, test } from 'vitest';
import { moduleRefs } from '../module-refs.ts';
import { trainPlan } from '../train/plan.ts';
import type { TrainState } from '../train/plan-state.ts';
import type { TrainTask } from '../train/task.ts';
import { type EvaluateState, evaluatePlan } from './plan.ts';
import type { EvaluateFoldInput, EvaluateTask } from './task.ts';

const SPEED = 256;

function tableWith(spec: Partial<RunSpec>): Table {
  const table = new Table([trainPlan, evaluatePlan]);
  table.create(runFacts('r', [1], { replicas: 1, ...spec }), ['train', 'evaluate']);
  return table;
}

const kindOf = (table: Table, volunteer: string): string | undefined => {
  const lease = table.state.volunteers[volunteer]!.lease;
  return lease === null ? undefined : table.state.leases[lease]!.kind;
};

/** The volunteer finishes its lease, and asks for the next. */
function work(table: Table, volunteer: string): void {
  table.contribute(table.lease(volunteer), 20);
  table.fold();
  table.ready(volunteer, SPEED);
}

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

test('three failures give the round up, and training never stops for it', () => {
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
    evaluatePlan.settle(state, run, { type: 'folded', fold: `round ${round}`, result }, 0);
    return evaluatePlan.summary(state, run).evaluation;
  };
  const whole = { round: 1, oracleBitsPerByte: 1 };
  expect(scored(1, whole)).toMatchObject({ round: 1, whole });
  expect(scored(2, null)).toMatchObject({ round: 2, whole });
});

/** A run that the operator wants scored: `a` trains, whoever comes next scores. */
function asked(): Table {
  const table = new Table([trainPlan, evaluatePlan], 3_600_000);
  table.create(runFacts('r', [1], { replicas: 1, evaluateEvery: 1000, roundDeadlineMs: 60_000 }), [
    'train',
    'evaluate',
  ]);
  table.join('a', SPEED, 'home');
  table.take({ type: 'WorkRequested', run: 'r', kind: 'evaluate' });
  return table;
}

const foldsOf = (table: Table) =>
  Object.values(table.state.runs['r']!.folds).flatMap(({ kind, fold }) => (kind === 'evaluate' ? fold : []));
const endFold = (table: Table, result: Json) => {
  const [fold] = foldsOf(table);
  const output = { modules: [], figures: null, result };
  return table.take({ type: 'FoldEnded', run: 'r', kind: 'evaluate', fold: fold!.key, output });
};
const scored = { round: 0, validLoss: 2, validBitsPerByte: 2, paths: {}, whole: null };
const evaluation = (table: Table) => {
  const { works, facts } = table.state.runs['r']!;
  return evaluatePlan.summary(works['evaluate'] as EvaluateState, facts).evaluation;
};

test('what was asked for counts when two unrelated volunteers say the same of the same versions', () => {
  const table = asked();
  table.join('b', SPEED, 'office');
  table.join('c', SPEED, 'office');
  table.join('d', SPEED, 'school');
  expect(['b', 'c', 'd'].map((volunteer) => kindOf(table, volunteer))).toEqual(['evaluate', undefined, 'evaluate']);
  const [b, d] = [table.lease('b'), table.lease('d')];
  expect(table.state.leases[d]!.task.body).toEqual(table.state.leases[b]!.task.body);
  table.contribute(b, 10);
  table.contribute(d, 10);
  expect(foldsOf(table)[0]!.input).toEqual({
    compare: [b, d].map((lease) => ({ lease, sha256: lease.padEnd(64, '0') })),
  });
  endFold(table, { agreed: [b, d] });
  endFold(table, scored);
  expect(evaluation(table)).toMatchObject({ confirmed: true });
});

test('while two contradict each other a third decides; the odd one is rejected and scores nothing more', () => {
  const table = asked();
  table.join('b', SPEED, 'office');
  table.join('c', SPEED, 'school');
  const [b, c] = [table.lease('b'), table.lease('c')];
  for (const lease of [b, c]) table.contribute(lease, 10);
  endFold(table, { agreed: null });
  table.join('d', SPEED, 'library');
  const d = table.lease('d');
  table.contribute(d, 10);
  const credit = table.state.volunteers['c']!.credit;
  expect(credit).toBeGreaterThan(0);
  const [taken] = only(endFold(table, { agreed: [b, d] }), 'CreditWithdrawn');
  expect(taken).toMatchObject({ volunteer: 'c', lease: c, credit });
  expect(table.state.volunteers['c']!.credit).toBe(0);
  expect(foldsOf(table)[0]!.contributions).toEqual([b]);
  endFold(table, scored);
  expect(evaluation(table)).toMatchObject({ confirmed: true });
  table.take({ type: 'WorkRequested', run: 'r', kind: 'evaluate' });
  for (const volunteer of ['c', 'b']) table.ready(volunteer, SPEED);
  expect([kindOf(table, 'c'), kindOf(table, 'b')]).toEqual([undefined, 'evaluate']);
});

test('where nobody unrelated is there, one is believed at once, and it is said that nobody confirmed it', () => {
  const table = asked();
  table.join('b', SPEED, 'home');
  table.contribute(table.lease('b'), 10);
  endFold(table, scored);
  expect(evaluation(table)).toMatchObject({ confirmed: false });
});

test('who is there and does not come is waited for, but not for ever', () => {
  const table = asked();
  table.join('b', SPEED, 'office');
  table.contribute(table.lease('b'), 10);
  table.wait(119_000);
  expect(foldsOf(table)).toEqual([]);
  table.wait(1000);
  expect(foldsOf(table)).toHaveLength(1);
  endFold(table, scored);
  expect(evaluation(table)).toMatchObject({ confirmed: false });
});

test('scores are leased only to those whose memory holds them, and nobody waits for a second answer of who has too little', () => {
  const table = new Table([trainPlan, evaluatePlan]);
  const facts = runFacts('r', [1], { replicas: 2, evaluateEvery: 1000 });
  const test = { ...facts.documents.test, bytes: 1e9 };
  table.create({ ...facts, documents: { ...facts.documents, test } }, ['train', 'evaluate']);
  table.take({ type: 'WorkRequested', run: 'r', kind: 'evaluate' });
  const join = (volunteer: string, memoryBytes: number) => {
    const executor = { name: 'test', adapter: '', tokensPerSecond: SPEED };
    table.take({ type: 'VolunteerJoined', volunteer, name: volunteer, agent: 'node', origin: volunteer });
    table.take({ type: 'VolunteerReady', volunteer, executor, memoryBytes });
  };
  join('phone', 4e9);
  join('desktop', 64e9);
  expect([kindOf(table, 'phone'), kindOf(table, 'desktop')]).toEqual(['train', 'evaluate']);
  table.contribute(table.lease('desktop'), 10);
  expect(foldsOf(table).map(({ key }) => key)).toEqual(['round 0 l0000000002']);
  endFold(table, scored);
  expect(evaluation(table)).toMatchObject({ confirmed: false });
});

test('a path is stopped when it has had its patience on documents that no path trains on, and its best version answers', () => {
  const facts = runFacts('r', [2], { replicas: 1, evaluateEvery: 1000, earlyStopping: { patience: 1 } });
  const table = new Table([trainPlan, evaluatePlan]);
  table.create(facts, ['train', 'evaluate']);
  for (const volunteer of ['a', 'b', 'c']) table.join(volunteer, SPEED);
  const round = () => {
    for (const [volunteer, { lease }] of Object.entries(table.state.volunteers))
      if (lease && table.state.leases[lease]!.kind === 'train') {
        table.contribute(lease, 20);
        table.fold();
        table.ready(volunteer, SPEED);
      }
  };
  round();
  round();
  const kept = (bitsPerByte: number, scoringsSince: number): KeptVersion => ({
    ...{ round: 1, bitsPerByte, modules: moduleRefs(table.state.runs['r']!.facts, '0'), routing: 1 },
    ...{ scoringsSince, stopped: scoringsSince === 1 },
  });
  const output = { modules: [], figures: null, result: null, kept: { '0': kept(2, 1) } };
  const best = kept(2, 1).modules;
  table.take({
    type: 'FoldBegun',
    run: 'r',
    kind: 'evaluate',
    fold: { key: 'best 1', input: null, contributions: [] },
  });
  table.take({ type: 'FoldEnded', run: 'r', kind: 'evaluate', fold: 'best 1', output });
  for (let i = 0; i < 6; i++) round();
  const { facts: now, works } = table.state.runs['r']!;
  expect(moduleRefs(now, '0')).toEqual(best);
  expect(now.modules['level0.1']!.version).toBeGreaterThan(now.modules['level0.0']!.version);
  expect(roundOf(now)).toBe(now.modules['level0.1']!.version);
  const leased = Object.values(table.state.leases).map(({ task }) => (task.body as unknown as TrainTask).path);
  expect(leased).not.toContain('0');
  expect(trainPlan.summary(works['train'] as TrainState, now).steps).toBeGreaterThan(100);
});

test('scores of other documents than a path was asked for are refused at the door', () => {
  const facts = { ...runFacts('r', [2]), documentCounts: { train: 200, router: 20, test: 15 } };
  const state = evaluatePlan.init(facts);
  Object.assign(facts.routing!.counts, { test: [10, 5] });
  const company = { related: (a: string, b: string) => a === b, hasOther: () => false };
  const admit = (lease: string, documents: number) =>
    evaluatePlan.admit(state, facts, {
      ...{ lease, volunteer: lease, key: '', sha256: '', bytes: 1 },
      report: { steps: 1 } as never,
      figures: { documents },
    });
  const take = (id: string) => {
    const task = evaluatePlan.offer(state, facts, { id, tokensPerSecond: 1, memoryBytes: 0, path: null }, 0, company)!;
    evaluatePlan.settle(state, facts, { type: 'granted', lease: id, volunteer: id, task }, 0);
  };
  for (const module of Object.values(facts.modules)) module.version = facts.spec.evaluateEvery;
  take('a');
  take('b');
  expect([admit('a', 10), admit('a', 9), admit('b', 5), admit('b', 10)]).toEqual([
    null,
    'wrong_size',
    null,
    'wrong_size',
  ]);
  evaluatePlan.settle(state, facts, { type: 'rolledBack', remembered: null }, 0);
  evaluatePlan.settle(state, facts, { type: 'requested', by: 'operator' }, 0);
  take('c');
  expect([admit('c', 15), admit('c', 10)]).toEqual([null, 'wrong_size']);
});

test('scores of which no evaluation comes are asked for again, and given up after three times', () => {
  const table = asked();
  table.join('b', SPEED, 'home');
  const keys: string[] = [];
  for (let i = 0; i < 3; i++) {
    table.contribute(table.lease('b'), 10);
    const [fold] = foldsOf(table);
    keys.push(fold!.key);
    table.take({ type: 'FoldRefused', run: 'r', kind: 'evaluate', fold: fold!.key, detail: 'no token is scored' });
    table.ready('b', SPEED);
    expect(kindOf(table, 'b')).toBe(i < 2 ? 'evaluate' : undefined);
  }
  expect(new Set(keys).size).toBe(3);
  const { works, facts, state } = table.state.runs['r']!;
  expect(state).toBe('training');
  expect(evaluatePlan.summary(works['evaluate'] as EvaluateState, facts).notice).toMatch(
    /given up: no token is scored/,
  );
});

/** How far a run of one path is when its first score is asked for. Each lease takes so many steps. */
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
