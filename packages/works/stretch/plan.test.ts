import { Table } from '@pathfold/coordination/coordinator/table';
import { studyRun } from '@pathfold/coordination/study-run';
import { RunSpec } from '@pathfold/protocol/run-spec';
import { expect, test } from 'vitest';
import { type StretchState, stretchPlan } from './plan.ts';
import { StretchConfig, type StretchTask } from './task.ts';

const spec = RunSpec.parse({ name: 'streams', corpus: 'none' });
function begin(config: object): Table {
  const table = new Table([stretchPlan]);
  const parsed = StretchConfig.parse({ batches: 40, stretch: 10, averageEvery: 5, auditEvery: 1000, ...config });
  table.create(studyRun('r', spec, { name: 'what-and-how', config: parsed as never, auditSeed: 1 }), ['stretch']);
  return table;
}
const task = (table: Table, volunteer: string) =>
  table.state.leases[table.lease(volunteer)]!.task.body as unknown as StretchTask;
function answer(table: Table, volunteer: string): void {
  const lease = table.lease(volunteer);
  table.receive(lease, table.state.leases[lease]!.task.steps);
  table.take({ type: 'ContributionChecked', lease, figures: { loss: 1 } });
  table.ready(volunteer);
}
function endFolds(table: Table): void {
  for (const { kind, fold } of Object.values(table.state.runs['r']!.folds)) {
    const isAverage = (fold.input as { what: string }).what === 'average';
    const result = isAverage ? { sha256: 'f'.repeat(64), bytes: 4 } : { honest: true };
    table.take({ type: 'FoldEnded', run: 'r', kind, fold: fold.key, output: { modules: [], figures: null, result } });
  }
}
const state = (table: Table) => table.state.runs['r']!.works['stretch'] as StretchState;

test('a stream is strictly serial, and a lost stretch is given out again from the same cursor', () => {
  const table = begin({ arms: [{ name: 'context', method: 'context' }] });
  table.join('a');
  table.join('b');
  expect(table.state.volunteers['b']!.lease).toBeNull();
  const first = task(table, 'a');
  table.take({ type: 'LeaseEnded', lease: table.lease('a'), code: 'user', detail: '' });
  expect(task(table, 'b')).toEqual(first);
  answer(table, 'b');
  endFolds(table);
  const next = Object.values(table.state.leases)[0]!.task.body as unknown as StretchTask;
  expect(next).toMatchObject({ from: 10, to: 20, start: { bytes: 4096 } });
  expect(state(table).chains[0]!.lost).toBe(1);
});

test('segments of a network arm wait for each other, and go on from the mean', () => {
  const table = begin({ arms: [{ name: 'network', method: 'context', streams: 2 }] });
  table.join('a');
  table.join('b');
  expect([task(table, 'a').segment, task(table, 'b').segment].sort()).toEqual([0, 1]);
  answer(table, 'a');
  endFolds(table);
  expect(table.state.volunteers['a']!.lease).toBeNull();
  answer(table, 'b');
  endFolds(table);
  endFolds(table);
  const shared = { sha256: 'f'.repeat(64), bytes: 4 };
  expect(task(table, 'a')).toMatchObject({ from: 5, to: 10, shared });
  expect(task(table, 'b')).toMatchObject({ from: 5, to: 10, shared });
  expect(task(table, 'a').start).not.toEqual(task(table, 'b').start);
});
