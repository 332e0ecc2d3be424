import { expect, test } from 'vitest';
import { openExecutor } from '../executors/open.ts';
import { trace } from '../plan/trace.ts';
import { type Plan, sizeOf, type Tensor } from '../plan/types.ts';
import { sub } from '../primitives/arithmetic/arithmetic.ts';
import { meanOver } from '../primitives/arrange/shapes.ts';
import { noise } from '../primitives/battery.ts';
import { relu } from '../primitives/relu/relu.ts';
import { scale } from '../primitives/scale/scale.ts';
import { sum } from '../primitives/sum/sum.ts';
import { conv2d } from './conv.ts';
import { dense } from './layers.ts';
import { meanSquaredError, softmaxCrossEntropy } from './losses.ts';

/** The best of several runs on one thread of our kernels, in GFLOP a second of processor time. */
const speed = async (plan: Plan, flops: number): Promise<number> => {
  const executor = await openExecutor('wasm');
  const program = executor.compile(plan);
  const values = plan.inputs.map(({ name, value }) => {
    const drawn = noise(sizeOf(plan.values[value]!.shape), 1);
    return [name, Float32Array.from(drawn, (v) => 0.1 * v)] as const;
  });
  const inputs = Object.fromEntries(values);
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 12; round++) {
    const before = process.cpuUsage();
    for (let run = 0; run < 8; run++) await program.run(inputs, []);
    const { user, system } = process.cpuUsage(before);
    best = Math.min(best, (user + system) / 8);
  }
  executor.dispose();
  return flops / best / 1e3;
};

/** The weights after `steps` steps down a loss. */
const trained = (weights: readonly Tensor[], loss: (w: readonly Tensor[]) => Tensor, steps: number): Tensor[] => {
  let w = [...weights];
  for (let step = 0; step < steps; step++) {
    const slopes = w[0]!.trace.gradients(loss(w), w);
    w = w.map((each, i) => sub(each, scale(slopes[i]!, 0.01)));
  }
  return w;
};

const planOf = (
  shapes: readonly number[][],
  data: readonly number[][],
  steps: number,
  loss: (data: readonly Tensor[]) => (w: readonly Tensor[]) => Tensor,
) =>
  trace((t) => {
    const given = data.map((shape, i) => t.input(`x${i}`, shape));
    const weights = shapes.map((shape, i) => t.input(`w${i}`, shape));
    trained(weights, loss(given), steps).forEach((w, i) => {
      t.output(`w${i}`, w);
    });
  });

/** The least is the speed of the studies' pilots with TensorFlow.js on one thread (WASM). */
const arms: Record<string, { least: number; flops: number; plan: () => Plan }> = {
  'MLP 784-256-128-10, batch 128': {
    least: 14,
    flops: 3 * 2 * 128 * (784 * 256 + 256 * 128 + 128 * 10),
    plan: () =>
      planOf(
        [[784, 256], [256], [256, 128], [128], [128, 10], [10]],
        [
          [128, 784],
          [128, 10],
        ],
        1,
        ([x, labels]) =>
          (w) => {
            const first = relu(dense(x!, w[0]!, w[1]!));
            return sum(softmaxCrossEntropy(dense(relu(dense(first, w[2]!, w[3]!)), w[4]!, w[5]!), labels!));
          },
      ),
  },
  '128 nets 1-40-40-1 side by side, 10 points, 5 steps': {
    least: 2,
    flops: 5 * 3 * 2 * 128 * 10 * (40 + 40 * 40 + 40),
    plan: () =>
      planOf(
        [
          [128, 1, 40],
          [128, 40],
          [128, 40, 40],
          [128, 40],
          [128, 40, 1],
          [128, 1],
        ],
        [
          [128, 10, 1],
          [128, 10, 1],
        ],
        5,
        ([x, y]) =>
          (w) => {
            const first = relu(dense(x!, w[0]!, w[1]!));
            return sum(meanSquaredError(dense(relu(dense(first, w[2]!, w[3]!)), w[4]!, w[5]!), y!, 1));
          },
      ),
  },
  'convolutions 16 x 16 x 3, 16-32-64, stride 2, batch 64': {
    least: 8,
    flops: 3 * 2 * 64 * (64 * 27 * 16 + 16 * 144 * 32 + 4 * 288 * 64),
    plan: () =>
      planOf(
        [[3, 3, 3, 16], [3, 3, 16, 32], [3, 3, 32, 64], [64, 10], [10]],
        [
          [64, 16, 16, 3],
          [64, 10],
        ],
        1,
        ([x, labels]) =>
          (w) => {
            const filters = w.slice(0, 3);
            const last = filters.reduce((h, f) => relu(conv2d(h, f, { stride: 2, padding: 'same' })), x!);
            return sum(softmaxCrossEntropy(dense(meanOver(last, 1, 2), w[3]!, w[4]!), labels!));
          },
      ),
  },
};

test.each(Object.entries(arms))('%s', async (name, { least, flops, plan }) => {
  const found = await speed(plan(), flops);
  console.info(`${name}: ${found.toFixed(1)} GFLOP/s, the pilots had ${least}`);
  expect(found).toBeGreaterThan(least);
});
