import { only } from '@pathfold/coordination/coordinator/table.fixture';
import { runFacts } from '@pathfold/coordination/simulator/run-facts';
import { expect, test } from 'vitest';
import { inputs, SPEED, tableWith, taskOf, train } from './async.fixture.ts';

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

test('F6: to hybrid with chosen modules: what was given is folded, and what is under way counts in all of them', () => {
  const table = tableWith({ grace: 0 }, { mode: 'sync' });
  for (const id of ['a', 'b']) table.join(id, SPEED);
  table.contribute(table.lease('a'), 20);
  const decided = table.take({ type: 'RunModeChanged', run: 'r', mode: 'hybrid', arrivals: ['level0', 'head'] });
  expect(inputs(decided)).toHaveLength(3);
  table.fold();
  const late = table.contribute(table.lease('b'), 20);
  expect(only(late, 'ContributionRejected')).toEqual([]);
  expect(inputs(late)).toHaveLength(3);
});

test('a mode that is changed during a pause holds nothing up when the run goes on', () => {
  const table = tableWith({ grace: 0.1, quorum: 2 }, { mode: 'sync', replicas: 3 });
  for (const id of ['a', 'b', 'c']) table.join(id, SPEED);
  for (const id of ['a', 'b']) table.contribute(table.lease(id), 20);
  table.take({ type: 'RunStateChanged', run: 'r', state: 'paused', reason: null });
  table.wait(300_000);
  table.take({ type: 'RunModeChanged', run: 'r', mode: 'async' });
  table.wait(10_000);
  table.ready('c', SPEED);
  const decided = table.take({ type: 'RunStateChanged', run: 'r', state: 'training', reason: null });
  expect(inputs(decided)).toHaveLength(3);
});

test('momentum that was spread over arrivals is not applied again by the round that fills the buffer', () => {
  const table = tableWith({ grace: 0, momentumSpread: 1 });
  for (const id of ['a', 'b']) table.join(id, SPEED);
  table.contribute(table.lease('a'), 20);
  table.fold();
  table.take({ type: 'RunModeChanged', run: 'r', mode: 'sync' });
  table.contribute(table.lease('b'), 20);
  table.fold();
  table.ready('a', SPEED);
  const [input] = inputs(table.contribute(table.lease('a'), 20));
  expect(input).toMatchObject({ share: 1, outer: { momentumSpread: 1 } });
});
