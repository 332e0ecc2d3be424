import { only } from '@pathfold/coordination/coordinator/table.fixture';
import { blobOf, runFacts } from '@pathfold/coordination/simulator/run-facts';
import type { FoldOutput, Growth, Json } from '@pathfold/coordination/work-plan';
import { expect, test } from 'vitest';
import { moduleRefs, newestRefs } from '../module-refs.ts';
import type { TrainTask } from '../train/task.ts';
import { endFold, NOBODY, routing, routingFold, SPEED, tableWith } from './plan.fixture.ts';
import { type RouteState, routePlan } from './plan.ts';
import type { RouteFoldInput } from './task.ts';

test('a run grows while it trains: a new path goes on from the modules and steps of the one that it copies', () => {
  const table = tableWith({ routing: routing({ kind: 'kmeans' }) });
  for (const volunteer of ['a', 'b', 'c']) table.join(volunteer, SPEED);
  for (const volunteer of ['a', 'b', 'c']) table.contribute(table.lease(volunteer), 10);
  endFold(table, 1);
  for (const volunteer of ['a', 'b']) table.ready(volunteer, SPEED);
  for (const volunteer of ['a', 'b']) table.contribute(table.lease(volunteer), 20);
  table.fold();
  const growth: Growth = {
    levels: [{ experts: 3, blocks: 2 }],
    ...{ paths: ['0', '1', '2'], modules: { 'level0.2': 'level0.1' } },
    grown: { '2': { from: '1', modules: ['embedding', 'level0.2', 'head'] } },
  };
  const ask = structuredClone(growth) as unknown as Json;
  const [begun] = only(table.take({ type: 'WorkRequested', run: 'r', kind: 'route', ask }), 'FoldBegun');
  // Meanwhile nothing else can be asked for: it would be worked out from what the run is about to leave.
  const growing = () => routePlan.orders!.growing!(table.state.runs['r']!.works['route'] as RouteState);
  expect(growing()).toBe(true);
  const { grow, paths } = begun!.fold.input as unknown as RouteFoldInput;
  expect(grow).toEqual({ growth, router: blobOf('router') });
  expect(paths).toEqual(['0', '1', '2']);
  const before = structuredClone(table.state.runs['r']!.facts);
  endFold(table, 2, growth);
  expect(growing()).toBe(false);
  const { facts } = table.state.runs['r']!;
  expect(facts.modules['level0.2']).toEqual(before.modules['level0.1']);
  // No other path has another module than before: its answers stay as they were.
  expect(facts.modules).toMatchObject(before.modules);
  expect(facts.spec.levels).toEqual(growth.levels);
  // Its router was fitted for two paths: until it is fitted anew, what it says of three is no probability.
  expect(facts.routing).toMatchObject({ version: 2, fitted: 1 });
  for (const volunteer of ['a', 'b', 'c']) table.ready(volunteer, SPEED);
  const tasks = Object.values(table.state.leases).map(({ task }) => task.body as unknown as TrainTask);
  expect(tasks.map(({ path }) => path).toSorted()).toEqual(['0', '1', '2']);
  expect(tasks.find(({ path }) => path === '2')).toMatchObject({ globalStep: 20, levels: growth.levels });
});

test('growth takes nothing from paths that it does not share: who was stopped early stays so', () => {
  const table = tableWith({ routing: routing({ kind: 'kmeans' }), earlyStopping: { patience: 1 } });
  for (const volunteer of ['a', 'b', 'c']) table.join(volunteer, SPEED);
  for (const volunteer of ['a', 'b', 'c']) table.contribute(table.lease(volunteer), 10);
  endFold(table, 1);
  const { facts } = table.state.runs['r']!;
  const best = (id: string) => newestRefs(facts, id).map((ref) => ({ ...ref, ...blobOf(`best ${ref.name}`) }));
  const keptOf = (id: string) => ({
    ...{ round: 0, bitsPerByte: 2, modules: best(id), routing: 1 },
    ...{ scoringsSince: 1, stopped: true },
  });
  for (const [id, path] of Object.entries(facts.paths)) path.bestVersion = keptOf(id);
  const answers = best('1');
  const growth: Growth = {
    levels: [{ experts: 3, blocks: 2 }],
    ...{ paths: ['0', '1', '2'], modules: { 'level0.2': 'level0.1' } },
    grown: { '2': { from: '1', modules: ['embedding', 'level0.2', 'head'] } },
  };
  table.take({ type: 'WorkRequested', run: 'r', kind: 'route', ask: structuredClone(growth) as unknown as Json });
  endFold(table, 2, growth);
  expect(Object.values(facts.paths).map((path) => path.bestVersion)).toEqual([
    { ...keptOf('0'), routing: 2 },
    undefined,
    undefined,
  ]);
  // A path that shares its documents trains again from the newest, and answers as before until it has; so does its copy.
  const copied = answers.map((ref) => ({ ...ref, name: ref.name === 'level0.1' ? 'level0.2' : ref.name }));
  expect([moduleRefs(facts, '1'), moduleRefs(facts, '2')]).toEqual([answers, copied]);
  for (const volunteer of ['a', 'b', 'c']) table.ready(volunteer, SPEED);
  const trained = Object.values(table.state.leases).map(({ task }) => (task.body as unknown as TrainTask).path);
  expect(trained.toSorted()).toEqual(['1', '2']);
  for (const { id, task } of Object.values(table.state.leases)) {
    const { path, modules } = task.body as unknown as TrainTask;
    expect(modules).toEqual(newestRefs(facts, path));
    if (path === '1') table.contribute(id, 20);
    else table.take({ type: 'LeaseEnded', lease: id, code: 'user', detail: '' });
  }
  table.wait(facts.spec.roundDeadlineMs + 1);
  table.fold();
  expect([moduleRefs(facts, '1'), moduleRefs(facts, '2')]).toEqual([newestRefs(facts, '1'), copied]);
});

test('growth that was asked for meanwhile follows a re-sharding that keeps all, by a fold of its own', () => {
  const table = tableWith({ routing: routing({ kind: 'discriminative' }), totalSteps: 100 });
  for (const volunteer of ['a', 'b', 'c']) table.join(volunteer, SPEED);
  for (const volunteer of ['a', 'b', 'c']) table.contribute(table.lease(volunteer), 10);
  endFold(table, 1);
  for (let i = 0; i < 20 && Object.values(table.state.runs['r']!.folds).every(({ kind }) => kind !== 'route'); i++) {
    for (const volunteer of ['a', 'b', 'c'])
      if (table.state.volunteers[volunteer]!.lease === null) table.ready(volunteer, SPEED);
    for (const { id, kind } of Object.values(table.state.leases)) table.contribute(id, kind === 'train' ? 20 : 10);
    if (Object.values(table.state.runs['r']!.folds).every(({ kind }) => kind === 'train')) table.fold();
  }
  const resharding = routingFold(table);
  const growth: Growth = { levels: [], paths: ['0', '1', '2'], modules: {}, grown: {} };
  const ask = structuredClone(growth) as unknown as Json;
  table.take({ type: 'WorkRequested', run: 'r', kind: 'route', ask });
  const result = { features: blobOf('features'), kept: 'too alike' };
  const output: FoldOutput = { modules: [], figures: null, result };
  const decided = table.take({ type: 'FoldEnded', run: 'r', kind: 'route', fold: resharding, output });
  const [begun] = only(decided, 'FoldBegun').filter(({ kind }) => kind === 'route');
  expect((begun!.fold.input as unknown as RouteFoldInput).grow).not.toBeNull();
  expect(begun!.fold.key).not.toBe(resharding);
});

test('growth that cannot be is dropped, and it is said why', () => {
  const run = runFacts('r', [2]);
  const state: RouteState = { ...routePlan.init(run), parts: null };
  const growth: Growth = { levels: [], paths: ['0', '1', '2'], modules: {}, grown: {} };
  const ask = structuredClone(growth) as unknown as Json;
  routePlan.settle(state, run, { type: 'requested', by: 'operator', ask }, 0);
  const [fold] = routePlan.plan(state, run, 0, NOBODY).folds;
  routePlan.settle(state, run, { type: 'begun', fold: fold! }, 0);
  const result = { features: null, kept: 'too few documents' };
  routePlan.settle(state, run, { type: 'folded', fold: fold!.key, result }, 0);
  expect(routePlan.pages!.summary(state, run).notice).toBe('The run did not grow: too few documents');
  expect(routePlan.plan(state, run, 0, NOBODY)).toMatchObject({ folds: [], done: true });
});
