import { expect, test } from 'vitest';
import { canBegin, ordersOf } from './run-orders.ts';

test('orders that the coordinator refuses for a study are not offered', () => {
  expect(ordersOf({ state: 'training' })).toEqual(['pause', 'evaluate', 'stop', 'remove']);
  expect(ordersOf({ state: 'training', study: 'baldwin' })).toEqual(['pause', 'stop', 'remove']);
  expect(ordersOf({ state: 'finished', study: 'baldwin' })).toEqual(['remove']);
});

test('paths begin as copies of a model of one path that has trained, never of a study', () => {
  const dense = { pathCount: 1, state: 'finished', round: 3 } as const;
  expect(canBegin(dense)).toBe(true);
  expect(canBegin({ ...dense, study: 'baldwin' })).toBe(false);
  expect(canBegin({ ...dense, pathCount: 4 })).toBe(false);
  expect(canBegin({ ...dense, round: 0 })).toBe(false);
  expect(canBegin({ ...dense, state: 'failed' })).toBe(false);
});
