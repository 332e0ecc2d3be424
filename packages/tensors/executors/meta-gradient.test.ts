import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-core/dist/register_all_gradients';
import { describe, expect, test } from 'vitest';
import { meanSquaredError } from '../operations/losses.ts';
import { trace } from '../plan/trace.ts';
import type { Tensor } from '../plan/types.ts';
import { sub } from '../primitives/arithmetic/arithmetic.ts';
import { tanh } from '../primitives/functions/functions.ts';
import { scale } from '../primitives/scale/scale.ts';
import { fill } from '../primitives/sum/sum.ts';
import { openExecutor } from './open.ts';

/**
 * The gradient of MAML (Finn et al. 2017) through two inner steps, of a unit tanh(w x) with a squared error. Its loss
 * on the query after the steps on the support has the slope -0.882 in w; TensorFlow.js's own nested gradients, which
 * lose the way through a saved output, say -0.936 (its issue 3252).
 */
const W = -0.75;
const RATE = 0.2;
const STEPS = 2;
const support = { x: 0.5, target: -0.8 };
const query = { x: 1, target: 0.4 };
type Example = typeof support;

/** The slope in double precision. */
const finiteDifference = (): number => {
  const slope = (w: number, { x, target }: Example) =>
    2 * (Math.tanh(w * x) - target) * (1 - Math.tanh(w * x) ** 2) * x;
  const after = (w: number) => {
    for (let step = 0; step < STEPS; step++) w -= RATE * slope(w, support);
    return (Math.tanh(w * query.x) - query.target) ** 2;
  };
  const h = 1e-4;
  return (after(W + h) - after(W - h)) / (2 * h);
};

const plan = trace((t) => {
  const loss = (w: Tensor, { x, target }: Example) => meanSquaredError(tanh(scale(w, x)), fill(t, target, [1]));
  const start = t.input('w', [1]);
  let w = start;
  for (let step = 0; step < STEPS; step++) w = sub(w, scale(t.gradients(loss(w, support), [w])[0]!, RATE));
  t.output('slope', t.gradients(loss(w, query), [start])[0]!);
});

test('finite differences say -0.882', () => {
  expect(finiteDifference()).toBeCloseTo(-0.882, 3);
});

describe('two inner steps on', () => {
  test.each(['tfjs-cpu', 'tfjs-wasm', 'wasm'] as const)('%s', async (name) => {
    const executor = await openExecutor(name);
    const { slope } = await executor.compile(plan).run({ w: Float32Array.of(W) });
    executor.dispose();
    expect(slope![0]).toBeCloseTo(finiteDifference(), 5);
  });
});

test("TensorFlow.js's nested gradients say -0.936", async () => {
  const executor = await openExecutor('tfjs-cpu');
  const loss = (w: tf.Tensor, { x, target }: Example): tf.Scalar =>
    tf.sum(tf.square(tf.sub(tf.tanh(tf.mul(w, x)), target)));
  const step = (w: tf.Tensor) => tf.sub(w, tf.mul(tf.grad((v) => loss(v, support))(w), RATE));
  const [slope] = tf
    .grad((w) => loss(step(step(w)), query))(tf.scalar(W))
    .dataSync();
  executor.dispose();
  expect(slope).toBeCloseTo(-0.936, 3);
});
