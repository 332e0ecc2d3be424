import { only, Table } from '@pathfold/coordination/coordinator/table.fixture';
import { runFacts } from '@pathfold/coordination/simulator/run-facts';
import { beforeEach, expect, test } from 'vitest';
import { trainPlan } from '../plan.ts';

const SPEED = 256;

let table: Table;
beforeEach(() => {
  table = new Table([trainPlan]);
  table.create(runFacts('r', [1], { quorum: 2 }), ['train']);
});

test('quorum two can be met by one volunteer alone', () => {
  table.join('a', SPEED);
  table.contribute(table.lease('a'), 20);
  table.ready('a', SPEED);
  expect(only(table.contribute(table.lease('a'), 20), 'FoldBegun')).toHaveLength(3);
});

test('a path that is stopped before its quorum steps once more with what there is', () => {
  table.join('a', SPEED);
  const first = table.lease('a');
  table.contribute(first, 20);
  table.ready('a', SPEED);
  const { facts } = table.state.runs['r']!;
  const best = { round: 0, bitsPerByte: 2, modules: [], routing: 0, scoringsSince: 1, stopped: true };
  Object.assign(facts.paths['0']!, { bestVersion: best });
  const decided = table.take({ type: 'LeaseEnded', lease: table.lease('a'), code: 'user', detail: '' });
  expect(only(decided, 'FoldBegun').map(({ fold }) => fold.contributions)[0]).toEqual([first]);
});
