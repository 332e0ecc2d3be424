import type { Table } from '@pathfold/coordination/coordinator/table.fixture';
import type { CoordinatorEvent } from '@pathfold/coordination/events';
import { expect, test } from 'vitest';
import { inputs, SPEED, tableWith, taskOf, train } from '../async.fixture.ts';
import { trainPlan } from '../plan.ts';

/** Four paths through two levels of two; all four are at work. */
function grid(arrivals: string[] | undefined, mode: 'hybrid' | 'sync' = 'hybrid'): Table {
  const table = tableWith({ grace: 0, ...(arrivals && { arrivals }) }, { mode, replicas: 1 }, [2, 2]);
  for (const id of ['a', 'b', 'c', 'd']) table.join(id, SPEED);
  return table;
}

/** The folded modules when a volunteer hands in, by columns of the grid. */
const columns = (table: Table, volunteer: string): string[] =>
  inputs(table.contribute(table.lease(volunteer), 20)).map(({ module }) => module.name.split('.')[0]!);

const change = (table: Table, arrivals?: string[] | null) =>
  table.take({ type: 'RunModeChanged', run: 'r', mode: 'hybrid', ...(arrivals !== undefined && { arrivals }) });

test('the levels that are named step at arrivals, the others in rounds', () => {
  const table = grid(['level1']);
  expect(columns(table, 'a')).toEqual(['level1']);
  table.fold();
  for (const id of ['b', 'c']) {
    expect(columns(table, id).filter((name) => name === 'embedding' || name === 'head')).toEqual([]);
    table.fold();
  }
  expect(columns(table, 'd')).toEqual(expect.arrayContaining(['embedding', 'head', 'level0', 'level1']));
});

test('where none are named, all that several paths cross', () => {
  expect(columns(grid(undefined), 'a').sort()).toEqual(['embedding', 'head', 'level0', 'level1']);
});

test('which ones is changed while the run trains; what was leased or given before counts in each of them', () => {
  const table = grid(['level1']);
  columns(table, 'a');
  table.fold();
  const first = table.log.find((event) => event.type === 'ContributionAccepted')!.lease;
  const folded = inputs(change(table, ['level0']));
  expect(new Set(folded.map(({ module }) => module.name.split('.')[0]))).toEqual(
    new Set(['embedding', 'level0', 'head']),
  );
  for (const { contributions } of folded) expect(contributions.map(({ lease }) => lease)).toEqual([first]);
  expect(Object.values(train(table).modules).map(({ given }) => given)).not.toContain(1);
  table.fold();
  for (const id of ['b', 'c', 'd']) {
    expect(columns(table, id)).toEqual(expect.arrayContaining(['embedding', 'head', 'level0', 'level1']));
    table.fold();
  }
  for (const id of ['a', 'b', 'c', 'd']) table.ready(id, SPEED);
  expect(columns(table, 'a')).toEqual(['level0']);
});

test('a run whose columns are changed in its last round ends', () => {
  const table = tableWith(
    { grace: 0, arrivals: ['embedding', 'level1'] },
    { mode: 'hybrid', replicas: 1, totalSteps: 20 },
    [2, 2],
  );
  for (const id of ['a', 'b', 'c', 'd']) table.join(id, SPEED);
  columns(table, 'a');
  table.fold();
  change(table, ['embedding', 'level0', 'level1']);
  for (const id of ['b', 'c', 'd']) {
    table.fold();
    table.contribute(table.lease(id), 20);
  }
  for (let i = 0; i < 5; i++) {
    table.fold();
    table.wait(600_000);
  }
  expect(Object.values(train(table).modules).map(({ given, owed }) => given + owed)).toEqual(Array(6).fill(0));
  expect(table.state.runs['r']!.state).toBe('finished');
});

test('a change that names none keeps them, and null is all that several paths cross', () => {
  const table = grid(['level1'], 'sync');
  change(table);
  table.take({ type: 'RunModeChanged', run: 'r', mode: 'sync' });
  change(table, null);
  expect(table.state.runs['r']!.facts.spec.async.arrivals).toBeUndefined();
  expect(columns(table, 'a').length).toBe(4);
});

test('who was refused because it came too late gets fewer steps', () => {
  const table = tableWith({ grace: 0, mostStaleness: 9, leastSteps: 1 });
  for (const id of ['a', 'old']) table.join(id, SPEED);
  const steps = () => taskOf(table, 'old').steps;
  const before = steps();
  for (let i = 0; i < 12; i++) {
    table.wait(2000);
    table.mind.heard(table.state, 'old', table.now);
    table.contribute(table.lease('a'), 20);
    table.fold();
    table.ready('a', SPEED);
  }
  expect(table.contribute(table.lease('old'), 20)).toContainEqual(expect.objectContaining({ code: 'too_stale' }));
  table.ready('old', SPEED);
  expect(steps()).toBeLessThan(before);
});

test('a module that a second path crosses from now on steps at arrivals: what was given to its round is folded', () => {
  const table = tableWith({ grace: 0 }, { mode: 'hybrid', replicas: 2 }, [2, 1]);
  for (const id of ['a', 'b', 'c', 'd']) table.join(id, SPEED);
  const { path } = taskOf(table, 'a');
  const mate = ['b', 'c', 'd'].find((id) => taskOf(table, id).path === path)!;
  const [own, second] = [`level0.${path[0]}`, `${path[0]}-1`];
  table.contribute(table.lease('a'), 20);
  table.fold();
  expect(train(table).modules[own]).toMatchObject({ given: 1 });
  const { facts } = table.state.runs['r']!;
  const copy = { ...facts.modules['level1.0']! };
  const modules = ['embedding', own, 'level1.1', 'head'];
  Object.assign(facts.modules, { 'level1.1': copy });
  facts.paths[second] = { ...facts.paths[path]!, modules };
  const growth = {
    levels: [2, 2].map((experts) => ({ experts, blocks: 2 })),
    paths: Object.keys(facts.paths),
    modules: { 'level1.1': 'level1.0' },
    grown: { [second]: { from: path, modules } },
  };
  trainPlan.settle(train(table), facts, { type: 'routed', growth }, table.now);
  expect(train(table).modules[own]).toMatchObject({ given: 0, owed: 1 });
  const [first, last] = [table.log.find((event) => event.type === 'ContributionAccepted')!.lease, table.lease(mate)];
  const folded = (decided: CoordinatorEvent[]) =>
    inputs(decided).flatMap(({ module, contributions }) => (module.name === own ? contributions : []));
  expect(folded(table.contribute(last, 20))).toMatchObject([{ lease: first }]);
  expect(folded(table.fold())).toMatchObject([{ lease: last, staleness: 1 }]);
});
