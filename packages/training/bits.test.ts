import { createHash } from 'node:crypto';
import { openExecutor } from '@pathfold/tensors/executors/open';
import { expect, test } from 'vitest';
import { tinyPath, windows } from './fixtures.ts';
import { initPath } from './path.ts';
import { round } from './round.ts';

test('our kernels compute the same bits on every machine: weights after 20 inner steps', async () => {
  const executor = await openExecutor('wasm');
  const inner = { batch: 2, learningRate: 3e-3, warmupSteps: 5, totalSteps: 100, weightDecay: 0.1, clipNorm: 1 };
  const { delta } = await round({
    executor,
    path: tinyPath,
    inner,
    theta: initPath(tinyPath, 1),
    moments: null,
    globalStep: 0,
    steps: 20,
    batches: (step) => windows(step, 2),
  });
  const hash = createHash('sha256').update(new Uint8Array(delta.buffer)).digest('hex');
  expect(hash).toBe('dcb9caf556b8892554b757745858a1d7728639445c688665fac1808bf3c677de');
});
