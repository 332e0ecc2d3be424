import { pathShape } from '@pathfold/checkpoint/path';
import { initPath } from '@pathfold/checkpoint/sources/seed';
import type { Executor } from '@pathfold/tensors/executors/executor';
import { expect, test } from 'vitest';
import type { Clock } from './clock.ts';
import { evaluate } from './evaluate.ts';

const path = pathShape(
  { width: 8, blocks: 1, heads: 1, context: 4, vocabulary: 8, tied: true },
  [{ experts: 1, blocks: 1 }],
  '0',
);

test('a rest between two batches ends when the scoring is cut short', async () => {
  let runs = 0;
  const program = { write() {}, run: async () => ({ nats: new Float32Array(4 * ++runs) }), dispose() {} };
  const control = new AbortController();
  const clock: Clock = {
    now: () => 0,
    sleep: (_ms, signal) =>
      new Promise((resolve) => {
        signal?.addEventListener('abort', () => resolve());
        control.abort(new Error('cut short'));
      }),
  };
  const tokens = new Int32Array(8);
  const scoring = evaluate({
    ...{ executor: { compile: () => program } as unknown as Executor, path, theta: initPath(path, 1) },
    ...{ windows: { tokens, targets: tokens }, batch: 1, clock, signal: control.signal },
  });
  await expect(scoring).rejects.toThrow('cut short');
  expect(runs).toBe(1);
});
