import { Table } from '@pathfold/coordination/coordinator/table.fixture';
import { studyRun } from '@pathfold/coordination/study-run';
import { RunSpec } from '@pathfold/protocol/run-spec';
import { Chart } from '@pathfold/protocol/study-spec';
import { expect, test } from 'vitest';
import { whatAndHowPlan } from './plan.ts';
import { MOST_PARTS, type WhatAndHowState } from './plan-state.ts';
import { WhatAndHowConfig, type WhatAndHowTask } from './task.ts';

const spec = RunSpec.parse({ name: 'streams', corpus: 'none' });
function begin(config: object): Table {
  const table = new Table([whatAndHowPlan]);
  const parsed = WhatAndHowConfig.parse({ batches: 40, stretch: 10, averageEvery: 5, auditEvery: 1000, ...config });
  table.create(studyRun('r', spec, { name: 'what-and-how', config: parsed as never, auditSeed: 1 }), ['stretch']);
  return table;
}
const task = (table: Table, volunteer: string) =>
  table.state.leases[table.lease(volunteer)]!.task.body as unknown as WhatAndHowTask;
function answer(table: Table, volunteer: string): void {
  const lease = table.lease(volunteer);
  table.receive(lease, table.state.leases[lease]!.task.steps);
  table.take({ type: 'ContributionChecked', lease, figures: { loss: 1, ...SEEN } });
  table.ready(volunteer);
}
function endFolds(table: Table): void {
  for (const { kind, fold } of Object.values(table.state.runs['r']!.folds)) {
    const isAverage = (fold.input as { what: string }).what === 'average';
    const result = isAverage ? { sha256: 'f'.repeat(64), bytes: 4 } : { honest: true };
    table.take({ type: 'FoldEnded', run: 'r', kind, fold: fold.key, output: { modules: [], figures: null, result } });
  }
}
/** The blobs that the state names. */
const named = (table: Table) => new Set(JSON.stringify(state(table)).match(/"sha256":"[^"]+"/g)).size;
const SEEN = {
  'batch 8': 4,
  'batch 9': 2,
  'switch 9': 1,
  'context 0 x': 1,
  'context 0 y': 2,
  'context 0 task': 3,
  'target 0': 5,
  'answer 0': 4,
  'gate 3 7': 0.25,
};
const state = (table: Table) => table.state.runs['r']!.works['stretch'] as WhatAndHowState;

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
  const next = Object.values(table.state.leases)[0]!.task.body as unknown as WhatAndHowTask;
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

test('the end of a stream is drawn with its switches, and its contexts by task', () => {
  const table = begin({ arms: [{ name: 'context', method: 'context' }] });
  table.join('a');
  const { facts } = table.state.runs['r']!;
  expect(whatAndHowPlan.pages!.charts!(state(table), facts)).toHaveLength(1);
  answer(table, 'a');
  endFolds(table);
  const [, stream, sinusoid, contexts, gates] = whatAndHowPlan.pages!.charts!(state(table), facts).map((chart) =>
    Chart.parse(chart),
  );
  expect(stream!.lines[0]!.points).toEqual([
    [8, 4],
    [9, 2],
  ]);
  expect(stream!.marks).toEqual([9]);
  expect(sinusoid).toMatchObject({
    as: 'frames',
    lines: [
      { group: 'target', points: [[0, 5]] },
      { group: 'learner', points: [[0, 4]] },
    ],
  });
  expect(contexts).toMatchObject({ as: 'dots', lines: [{ label: 'task 4', points: [[1, 2]] }] });
  expect(gates).toMatchObject({ as: 'cells', lines: [{ label: 'task 4', points: [[7, 0.25]] }] });
});

test('of a long stream the newest contributions are kept: what a lost stretch, an audit and an average need', () => {
  const lengths = MOST_PARTS + 9;
  const serial = begin({ arms: [{ name: 'context', method: 'context' }], batches: 10 * (lengths + 1), auditEvery: 2 });
  serial.join('a');
  for (let i = 0; i < lengths; i++) {
    answer(serial, 'a');
    endFolds(serial);
  }
  const segment = state(serial).chains[0]!.segments[0]!;
  expect(segment.stretches).toHaveLength(MOST_PARTS);
  expect(named(serial)).toBe(MOST_PARTS);
  const next = task(serial, 'a');
  expect(next).toMatchObject({ from: 10 * lengths, start: segment.stretches.at(-1)!.blob });
  serial.take({ type: 'LeaseEnded', lease: serial.lease('a'), code: 'user', detail: '' });
  serial.ready('a');
  expect(task(serial, 'a')).toEqual(next);
  const { facts } = serial.state.runs['r']!;
  expect(whatAndHowPlan.pages!.summary(state(serial), facts).round).toBe(lengths);
  const [means] = whatAndHowPlan.pages!.charts!(state(serial), facts);
  expect(means!.lines[0]!.points.map(([to]) => to)).toEqual(Array.from({ length: lengths }, (_, i) => 10 * (i + 1)));
  expect(means!.note).toMatch(/^1 lease of a stretch was lost/);

  const network = begin({ arms: [{ name: 'network', method: 'context', streams: 2 }], batches: 10 * lengths });
  for (const volunteer of ['a', 'b']) network.join(volunteer);
  for (let round = 1; round < lengths; round++) {
    for (const volunteer of ['a', 'b']) answer(network, volunteer);
    endFolds(network);
    endFolds(network);
    expect(state(network).chains[0]!.averages).toBe(round);
  }
});
