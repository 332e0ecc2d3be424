import { expect, test } from 'vitest';
import type { RunOrder } from '../worker-messages.ts';
import { keyOf } from './use-model.ts';

const order = { runId: 'r1', path: null, levels: [{ experts: 2, blocks: 1 }] } as RunOrder;

test('a run that grows keeps the worker that answers for it; another run does not', () => {
  expect(keyOf({ ...order, levels: [{ experts: 3, blocks: 1 }] })).toBe(keyOf(order));
  expect(keyOf({ ...order, runId: 'r2' })).not.toBe(keyOf(order));
});
