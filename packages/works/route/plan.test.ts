import { only, Table } from '@pathfold/coordination/coordinator/table.fixture';
import { blobOf, runFacts } from '@pathfold/coordination/simulator/run-facts';
import type { RunFacts } from '@pathfold/coordination/work-plan';
import { expect, test } from 'vitest';
import { trainPlan } from '../train/plan.ts';
import { bodyOf, endFold, kindOf, NOBODY, routing, routingFold, SPEED, tableWith, unrouted } from './plan.fixture.ts';
import { type RouteState, routePlan } from './plan.ts';
import type { RouteFoldInput } from './task.ts';

test('nobody trains before features of every split have come in and documents are routed', () => {
  const table = tableWith({ routing: routing({ kind: 'kmeans' }) });
  for (const volunteer of ['a', 'b', 'c', 'd']) table.join(volunteer, SPEED);
  const notice = () => {
    const { works, facts } = table.state.runs['r']!;
    return routePlan.pages!.summary(works['route'] as RouteState, facts).notice;
  };
  expect(notice()).toMatch(/before training begins: 0 of 3 parts/);
  const splits = ['a', 'b', 'c'].map((volunteer) => bodyOf(table, volunteer));
  expect(splits.map((body) => body.type === 'features' && body.split).toSorted()).toEqual(['router', 'test', 'train']);
  expect(table.state.volunteers['d']!.lease).toBeNull();
  const leases = ['a', 'b', 'c'].map((volunteer) => table.lease(volunteer));
  expect(only(table.contribute(leases[0]!, 10), 'FoldBegun')).toEqual([]);
  table.take({ type: 'LeaseEnded', lease: leases[1]!, code: 'user', detail: '' });
  expect(kindOf(table, 'd')).toBe('route');
  table.contribute(leases[2]!, 10);
  expect(notice()).toMatch(/2 of 3 parts/);
  const [begun] = only(table.contribute(table.lease('d'), 10), 'FoldBegun');
  expect(begun!.fold.input as unknown as RouteFoldInput).toMatchObject({ version: 1, features: null, losses: [] });
  endFold(table, 1);
  expect(notice()).toBeUndefined();
  table.ready('a', SPEED);
  const task = table.state.leases[table.lease('a')]!.task;
  expect(task.body).toMatchObject({ shard: blobOf('0 v1') });
});

test('a run that was stopped before its first routing says nothing of training to come', () => {
  const table = tableWith({ routing: routing({ kind: 'kmeans' }) });
  table.take({ type: 'RunStateChanged', run: 'r', state: 'finished', reason: null }, { type: 'RunEnding', run: 'r' });
  const { works, facts } = table.state.runs['r']!;
  expect(routePlan.pages!.summary(works['route'] as RouteState, facts).notice).toBeUndefined();
});

test('features are leased only to those whose memory holds the base', () => {
  const table = tableWith({ routing: routing({ kind: 'kmeans' }) });
  const enough = routePlan.traits!.memoryBytes!(table.state.runs['r']!.facts);
  for (const [volunteer, memoryBytes] of [
    ['phone', enough - 1],
    ['desktop', enough],
  ] as const) {
    table.take({ type: 'VolunteerJoined', volunteer, name: volunteer, agent: 'node' });
    const executor = { name: 'test', adapter: '', tokensPerSecond: SPEED };
    table.take({ type: 'VolunteerReady', volunteer, executor, memoryBytes });
  }
  expect([kindOf(table, 'phone'), kindOf(table, 'desktop')]).toEqual([undefined, 'route']);
});

test('random shards ask for no features', () => {
  const table = tableWith({ routing: routing({ kind: 'random' }) });
  expect(only(table.log, 'FoldBegun')).toHaveLength(1);
});

test('at its time a run is routed anew from the losses of all paths, and training goes on meanwhile', () => {
  const table = tableWith({ routing: routing({ kind: 'discriminative' }), totalSteps: 100 });
  for (const volunteer of ['a', 'b', 'c']) table.join(volunteer, SPEED);
  for (const volunteer of ['a', 'b', 'c']) table.contribute(table.lease(volunteer), 10);
  endFold(table, 1);
  const begin = () => {
    for (const volunteer of ['a', 'b']) table.ready(volunteer, SPEED);
  };
  const end = () => {
    for (const volunteer of ['a', 'b']) table.contribute(table.lease(volunteer), 20);
    table.fold();
  };
  begin();
  end();
  begin();
  table.ready('c', SPEED);
  expect(table.state.volunteers['c']!.lease).toBeNull();
  table.take({ type: 'VolunteerAway', volunteer: 'c' });
  end();
  table.ready('c', SPEED);
  expect(kindOf(table, 'c')).toBe('route');
  expect(bodyOf(table, 'c')).toMatchObject({ type: 'losses', path: '0' });
  table.ready('a', SPEED);
  table.ready('b', SPEED);
  expect([kindOf(table, 'a'), kindOf(table, 'b')].toSorted()).toEqual(['route', 'train']);
  const second = kindOf(table, 'a') === 'route' ? 'a' : 'b';
  table.contribute(table.lease('c'), 10);
  const [begun] = only(table.contribute(table.lease(second), 10), 'FoldBegun');
  expect(begun!.fold.input as unknown as RouteFoldInput).toMatchObject({
    version: 2,
    features: blobOf('features'),
    parts: [],
    losses: [{ path: '0' }, { path: '1' }],
  });
  const kept = structuredClone(table.state);
  endFold(table, 2);
  expect(table.state.runs['r']!.facts.paths['1']!.shard).toEqual(blobOf('1 v2'));

  const run = kept.runs['r']!;
  const outcome = { type: 'folded' as const, fold: 'routing v2', result: { features: null, kept: 'too alike' } };
  const state = run.works['route'] as RouteState;
  state.folding = outcome.fold;
  routePlan.settle(state, run.facts, outcome, 0);
  expect(routePlan.pages!.summary(state, run.facts).notice).toBe('Documents stay with their paths: too alike');
  expect(routePlan.plan(state, run.facts, 0, NOBODY).done).toBe(true);
});

test('a run of one path has nothing to route', () => {
  const table = new Table([routePlan, trainPlan]);
  table.create(runFacts('r', [1], { replicas: 1 }), ['route', 'train']);
  table.join('a', SPEED);
  expect(kindOf(table, 'a')).toBe('train');
});

test('a router is fitted on what two unrelated volunteers said, and says so', () => {
  const table = tableWith({ routing: routing({ kind: 'kmeans' }) });
  const everybody = ['a', 'b', 'c', 'd', 'e', 'f'];
  for (const [i, volunteer] of everybody.entries()) table.join(volunteer, SPEED, i < 3 ? 'home' : 'office');
  const leases = Object.fromEntries(everybody.map((volunteer) => [table.lease(volunteer), bodyOf(table, volunteer)]));
  expect(Object.values(leases).filter((body) => body.type === 'features' && body.split === 'test')).toHaveLength(2);
  for (const lease of Object.keys(leases)) table.contribute(lease, 10);
  const folds = Object.values(table.state.runs['r']!.folds).map(({ fold }) => fold);
  expect(folds).toHaveLength(3);
  for (const { key, contributions } of folds) {
    const output = { modules: [], figures: null, result: { agreed: [...contributions] } };
    table.take({ type: 'FoldEnded', run: 'r', kind: 'route', fold: key, output });
  }
  const [last] = Object.values(table.state.runs['r']!.folds);
  expect(last!.fold.input as unknown as RouteFoldInput).toMatchObject({ version: 1, confirmed: true });
});

const documentCounts = { train: 40, router: 7, test: 5 };
const check = (table: Table, lease: string, documents: number) =>
  table.take({ type: 'ContributionChecked', lease, figures: { documents } });
const receive = (table: Table, lease: string) => {
  const executor = { name: 'test', adapter: '', tokensPerSecond: SPEED };
  const report = {
    steps: 10,
    tokens: 10,
    computeMs: 1,
    loss: 1,
    downloadedBytes: { peers: 0, coordinator: 0 },
    executor,
  };
  table.take({ type: 'ContributionReceived', lease, sha256: lease.padEnd(64, '0'), bytes: 1, report });
};

test('what is not about the documents of its part is refused at the door, and the part is given to others', () => {
  const table = new Table([routePlan, trainPlan]);
  table.create({ ...unrouted({ routing: routing({ kind: 'kmeans' }) }), documentCounts }, ['route', 'train']);
  table.join('a', SPEED);
  const { split } = bodyOf(table, 'a') as { split: keyof typeof documentCounts };
  const lease = table.lease('a');
  receive(table, lease);
  const [rejected] = only(check(table, lease, documentCounts[split] - 1), 'ContributionRejected');
  expect(rejected).toMatchObject({ lease, code: 'wrong_size' });
  table.join('b', SPEED);
  expect(bodyOf(table, 'b')).toMatchObject({ split });
  const second = table.lease('b');
  receive(table, second);
  expect(only(check(table, second, documentCounts[split]), 'ContributionAccepted')).toHaveLength(1);
});

test('a part of the features has a document at least, however long documents are', () => {
  const facts = unrouted({ routing: routing({ kind: 'kmeans' }) });
  const documents = { ...facts.documents, test: { ...facts.documents.test, bytes: 4_500_000 } };
  const partsWith = (counts: Partial<RunFacts>) =>
    Object.keys(routePlan.init({ ...facts, documents, ...counts }).parts!).filter((name) => name.startsWith('test'));
  expect(partsWith({ documentCounts: { train: 40, router: 7, test: 2 } })).toEqual(['test 0 2', 'test 1 2']);
  expect(partsWith({ documentCounts })).toHaveLength(5);
  expect(partsWith({})).toHaveLength(5);
});

/** All that is asked for comes from one network, and no router can be fitted on it. */
function refuse(table: Table): void {
  for (const volunteer of ['a', 'b', 'c'])
    if (table.state.volunteers[volunteer]!.lease === null) table.ready(volunteer, SPEED);
  for (const volunteer of ['a', 'b', 'c']) table.contribute(table.lease(volunteer), 10);
  table.take({ type: 'FoldRefused', run: 'r', kind: 'route', fold: routingFold(table), detail: 'all alike' });
}

test('answers of somebody alone that no router comes of are asked for again, three times in a row', () => {
  const table = tableWith({ routing: routing({ kind: 'kmeans' }) });
  for (const volunteer of ['a', 'b', 'c']) table.join(volunteer, SPEED);
  const state = () => table.state.runs['r']!.works['route'] as RouteState;
  const asksAgain = () => routePlan.orders!.asksAgain!(state(), table.state.runs['r']!.facts, 'routing v1 fold 1');
  refuse(table);
  expect(routePlan.pages!.summary(state(), table.state.runs['r']!.facts).notice).toMatch(/asked for again.*all alike/);
  expect(table.state.runs['r']!.state).toBe('training');
  for (const volunteer of ['a', 'b', 'c']) table.ready(volunteer, SPEED);
  expect(['a', 'b', 'c'].map((volunteer) => kindOf(table, volunteer))).toEqual(['route', 'route', 'route']);
  refuse(table);
  expect(asksAgain()).toBe(true);
  refuse(table);
  expect(asksAgain()).toBe(false);
  table.take({ type: 'RunStateChanged', run: 'r', state: 'paused', reason: null });
  table.take({ type: 'RunStateChanged', run: 'r', state: 'training', reason: null });
  expect(asksAgain()).toBe(true);
  for (const volunteer of ['a', 'b', 'c']) table.ready(volunteer, SPEED);
  for (const volunteer of ['a', 'b', 'c']) table.contribute(table.lease(volunteer), 10);
  endFold(table, 1);
  expect(table.state.runs['r']!.facts.paths['0']!.shard).toEqual(blobOf('0 v1'));
});

test('where all answers are confirmed the corpus is at fault, and asking again is of no use', () => {
  const run = unrouted({ routing: routing({ kind: 'kmeans' }) });
  const confirmed = Object.entries(routePlan.init(run).parts!).map(([name, part]) => [
    name,
    { ...part, confirmed: 'l' },
  ]);
  const state: RouteState = { ...routePlan.init(run), parts: Object.fromEntries(confirmed) };
  expect(routePlan.orders!.asksAgain!(state, run, 'routing v1 fold 1')).toBe(false);
});

test('a re-sharding is due by the steps that were taken, not by versions that shortened leases made', () => {
  const run = runFacts('r', [2], { totalSteps: 100, routing: routing({ kind: 'discriminative' }) });
  const state: RouteState = { ...routePlan.init(run), parts: null };
  for (const module of Object.values(run.modules)) module.version = 3;
  const isOpen = (steps: number) => {
    for (const path of Object.values(run.paths)) path.steps = steps;
    return routePlan.open!(state, run, 0) !== null;
  };
  expect([isOpen(15), isOpen(29), isOpen(30)]).toEqual([false, false, true]);
});

test('a run of which every path was stopped early is routed again before it is done', () => {
  const run = runFacts('r', [2], { totalSteps: 1000, routing: routing({ kind: 'discriminative', rounds: 1 }) });
  const state: RouteState = { ...routePlan.init(run), parts: null };
  const isDone = () => routePlan.plan(state, run, 0, NOBODY).done;
  const [first, second] = Object.values(run.paths);
  const kept = { ...{ round: 1, bitsPerByte: 2, modules: [], routing: 1 }, scoringsSince: 2, stopped: true };
  first!.bestVersion = kept;
  expect([isDone(), routePlan.open!(state, run, 0)]).toEqual([true, null]);
  second!.bestVersion = kept;
  expect(isDone()).toBe(false);
  expect(routePlan.open!(state, run, 0)).not.toBeNull();
  state.reshardings = 1;
  expect(isDone()).toBe(true);
});
