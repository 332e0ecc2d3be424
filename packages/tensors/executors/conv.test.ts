import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-core/dist/register_all_gradients';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { conv2d, conv2dTranspose, meanPool, type Sliding } from '../operations/conv.ts';
import { trace } from '../plan/trace.ts';
import { sizeOf } from '../plan/types.ts';
import { distance, noise } from '../primitives/battery.ts';
import { mul } from '../primitives/mul/mul.ts';
import { sum } from '../primitives/sum/sum.ts';
import type { Executor } from './executor.ts';
import { openExecutor } from './open.ts';

/** Our convolutions against TensorFlow.js's own on its plain backend, which has their first derivatives. */
const executors: Executor[] = [];
beforeAll(async () => {
  // The backend that is opened last is the active one.
  for (const name of ['wasm', 'tfjs-cpu'] as const) executors.push(await openExecutor(name));
});
afterAll(() => {
  for (const executor of executors) executor.dispose();
});

const values = (shape: number[], seed: number) => Float32Array.from(noise(sizeOf(shape), seed));
const tensor = (shape: number[], seed: number) =>
  tf.tensor<tf.Rank.R4>(values(shape, seed), shape as [number, number, number, number]);

const slidings: Sliding[] = ([1, 2] as const).flatMap((stride) =>
  (['same', 'valid'] as const).map((padding) => ({ stride, padding })),
);

describe.each(slidings)('stride $stride, $padding', ({ stride, padding }) => {
  test('conv2d and its gradients', async () => {
    const [images, filters] = [
      [2, 7, 6, 3],
      [3, 4, 3, 5],
    ];
    const of = (x: tf.Tensor4D, w: tf.Tensor4D) => tf.conv2d(x, w, stride, padding);
    const [x, w] = [tensor(images, 1), tensor(filters, 2)];
    const y = of(x, w);
    const weights = tensor(y.shape, 3);
    const [dx, dw] = tf.grads((a, b) => tf.sum(tf.mul(of(a as tf.Tensor4D, b as tf.Tensor4D), weights)))([x, w]);
    const plan = trace((t) => {
      const [a, b] = [t.input('x', images), t.input('w', filters)];
      const result = conv2d(a, b, { stride, padding });
      expect(result.shape).toEqual(y.shape);
      const [da, db] = t.gradients(sum(mul(result, t.input('weights', y.shape))), [a, b]);
      t.output('y', result);
      t.output('dx', da!);
      t.output('dw', db!);
    });
    const inputs = { x: values(images, 1), w: values(filters, 2), weights: values(y.shape, 3) };
    const expected = { y: await y.data(), dx: await dx!.data(), dw: await dw!.data() } as Record<string, Float32Array>;
    for (const executor of executors)
      expect(distance(await executor.compile(plan).run(inputs), expected)).toBeLessThan(1e-5);
  });

  test('conv2dTranspose', async () => {
    const [places, filters] = [
      [2, 3, 4, 5],
      [3, 3, 2, 5],
    ];
    const plan = trace((t) => {
      t.output('y', conv2dTranspose(t.input('x', places), t.input('w', filters), { stride, padding }));
    });
    const shape = plan.values[plan.outputs[0]!.value]!.shape as [number, number, number, number];
    const y = tf.conv2dTranspose(tensor(places, 1), tensor(filters, 2), shape, stride, padding);
    const inputs = { x: values(places, 1), w: values(filters, 2) };
    for (const executor of executors)
      expect(distance(await executor.compile(plan).run(inputs), { y: await y.data<'float32'>() })).toBeLessThan(1e-5);
  });
});

test('meanPool', async () => {
  const images = [2, 5, 7, 3];
  const plan = trace((t) => t.output('y', meanPool(t.input('x', images), 2)));
  const y = tf.avgPool(tensor(images, 1), 2, 2, 'valid');
  for (const executor of executors)
    expect(
      distance(await executor.compile(plan).run({ x: values(images, 1) }), { y: await y.data<'float32'>() }),
    ).toBeLessThan(1e-5);
});

test('images that do not fit are refused with their shapes', () => {
  const build = (padding: Sliding['padding'], channels: number) => () =>
    trace((t) =>
      t.output('y', conv2d(t.input('x', [1, 2, 2, 3]), t.input('w', [3, 3, channels, 1]), { stride: 1, padding })),
    );
  expect(build('valid', 3)).toThrow('a window of 3 does not fit 2');
  expect(build('same', 2)).toThrow('images [1,2,2,3] and filters [3,3,2,1] do not fit');
});
