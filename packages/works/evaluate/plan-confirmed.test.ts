import { only, Table } from '@pathfold/coordination/coordinator/table.fixture';
import { roundOf } from '@pathfold/coordination/run-round';
import { runFacts } from '@pathfold/coordination/simulator/run-facts';
import type { BestVersion } from '@pathfold/protocol/resources';
import { expect, test } from 'vitest';
import { answeringRefs, moduleRefs, newestRefs } from '../module-refs.ts';
import { trainPlan } from '../train/plan.ts';
import type { TrainState } from '../train/state.ts';
import type { TrainTask } from '../train/task.ts';
import { asked, endFold, evaluation, foldsOf, kindOf, SPEED, scored } from './plan.fixture.ts';
import { type EvaluateState, evaluatePlan } from './plan.ts';
import type { EvaluateTask } from './task.ts';

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
  const kept = (bitsPerByte: number, scoringsSince: number): BestVersion => ({
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
  expect(trainPlan.pages!.summary(works['train'] as TrainState, now).steps).toBeGreaterThan(100);
});

test('where rounds are over sooner than scorings, both splits are scored by turns', () => {
  const facts = runFacts('r', [1], { evaluateEvery: 1, earlyStopping: { patience: 1 } });
  const state = evaluatePlan.init(facts);
  const company = { related: () => true, hasOther: () => false };
  const volunteer = { id: 'a', tokensPerSecond: 1, memoryBytes: 0, path: null };
  let steps = 0;
  const train = () => {
    steps += facts.spec.inner.steps;
    facts.paths['0']!.steps = steps;
    for (const module of Object.values(facts.modules)) module.version++;
  };
  const scoreWhileOthersTrain = () => {
    const task = evaluatePlan.offer(state, facts, volunteer, 0, company)!;
    const lease = `l${steps}`;
    evaluatePlan.settle(state, facts, { type: 'granted', lease, volunteer: 'a', task }, 0);
    train();
    train();
    const contribution = { ...{ lease, volunteer: 'a', key: '', sha256: lease, bytes: 1, figures: {} } };
    const accepted = { ...contribution, report: { steps: 1 } as never };
    evaluatePlan.settle(state, facts, { type: 'accepted', contribution: accepted, trusted: true }, 0);
    const [fold] = evaluatePlan.plan(state, facts, 0, company).folds;
    evaluatePlan.settle(state, facts, { type: 'begun', fold: fold! }, 0);
    evaluatePlan.settle(state, facts, { type: 'folded', fold: fold!.key, result: null }, 0);
    return fold!.key.split(' ')[0];
  };
  train();
  expect([1, 2, 3, 4].map(scoreWhileOthersTrain)).toEqual(['round', 'best', 'round', 'best']);
});

test('early stopping that nobody confirms is told, until somebody does', () => {
  const facts = runFacts('r', [1], { evaluateEvery: 1, earlyStopping: { patience: 1 } });
  const state = { ...evaluatePlan.init(facts), lastRound: 100 };
  const alone = { related: () => true, hasOther: () => false };
  const volunteer = { id: 'a', tokensPerSecond: 1, memoryBytes: 0, path: null };
  const scoreAt = (round: number, trusted: boolean) => {
    for (const module of Object.values(facts.modules)) module.version = round;
    facts.paths['0']!.steps = round * facts.spec.inner.steps;
    const lease = `l${round}`;
    const task = evaluatePlan.offer(state, facts, volunteer, 0, alone)!;
    evaluatePlan.settle(state, facts, { type: 'granted', lease, volunteer: 'a', task }, 0);
    const contribution = { ...{ lease, volunteer: 'a', key: '', sha256: lease, bytes: 1, figures: {} } };
    const accepted = { ...contribution, report: { steps: 1 } as never };
    evaluatePlan.settle(state, facts, { type: 'accepted', contribution: accepted, ...(trusted && { trusted }) }, 0);
    const [fold] = evaluatePlan.plan(state, facts, 0, alone).folds;
    evaluatePlan.settle(state, facts, { type: 'begun', fold: fold! }, 0);
    evaluatePlan.settle(state, facts, { type: 'folded', fold: fold!.key, result: null }, 0);
    return evaluatePlan.pages!.summary(state, facts).notice;
  };
  expect(scoreAt(1, false)).toMatch(/nothing about path 0 .*nobody unrelated confirmed/);
  expect(scoreAt(2, true)).toBeUndefined();
});

test('once a run has ended each path answers, and is scored, with its best version; taken back, with its newest', () => {
  const facts = runFacts('r', [2], { replicas: 1, evaluateEvery: 1000, earlyStopping: { patience: 9 } });
  const table = new Table([trainPlan, evaluatePlan]);
  table.create(facts, ['train', 'evaluate']);
  const now = table.state.runs['r']!.facts;
  const best = moduleRefs(now, '0');
  const kept = { ...{ round: 0, bitsPerByte: 2, modules: best, routing: 1 }, scoringsSince: 3, stopped: false };
  Object.assign(now.paths['0']!, { bestVersion: kept });
  Object.assign(now.paths['1']!, { bestVersion: { ...kept, modules: moduleRefs(now, '1'), scoringsSince: 0 } });
  for (const module of Object.values(now.modules)) module.version = 3;
  expect(answeringRefs(now, '0')).toEqual(newestRefs(now, '0'));
  table.take({ type: 'RunStateChanged', run: 'r', state: 'finished', reason: null }, { type: 'RunEnding', run: 'r' });
  expect([answeringRefs(now, '0'), answeringRefs(now, '1')]).toEqual([best, newestRefs(now, '1')]);
  table.join('a', SPEED);
  const task = table.state.leases[table.lease('a')]!.task.body as unknown as EvaluateTask;
  expect(task).toMatchObject({ path: '0', modules: best });
  now.rollbacks = 1;
  expect(answeringRefs(now, '0')).toEqual(newestRefs(now, '0'));
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
  expect(evaluatePlan.pages!.summary(works['evaluate'] as EvaluateState, facts).notice).toMatch(
    /given up: no token is scored/,
  );
});

/** How far a run of one path is when its first score is asked for. Each lease takes so many steps. */
