import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { gradients } from '../../plan/differentiate.ts';
import { trace } from '../../plan/trace.ts';
import { adamw } from '../../primitives/adamw/adamw.ts';
import { embedding } from '../../primitives/embedding/embedding.ts';
import { matmul } from '../../primitives/matmul/matmul.ts';
import { unpack } from '../../primitives/pack/pack.ts';
import { rmsNorm } from '../../primitives/rms-norm/rms-norm.ts';
import { sum } from '../../primitives/sum/sum.ts';
import { openExecutor } from '../open.ts';

const N = 5 * 8 + 8 + 64;

/** A training step with parameters in one flat state, as nets have. */
const step = trace((t) => {
  const [theta, m, v] = ['theta', 'm', 'v'].map((name) => t.state(name, [N]));
  const [table, gain, weight] = unpack(theta!, [[5, 8], [8], [8, 8]]);
  const loss = sum(matmul(rmsNorm(embedding(table!, t.input('ids', [6], 'i32')), gain!), weight!));
  const options = { beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0.1, clipNorm: 1 };
  const state = { theta: theta!, m: m!, v: v! };
  const next = adamw(state, gradients(t, loss, [theta!])[0]!, t.input('rates', [3]), options);
  t.update(theta!, next.theta);
  t.update(m!, next.m);
  t.update(v!, next.v);
  t.output('loss', loss);
});

test('memory does not grow over 1,000 steps, and all of it is given back', async () => {
  const executor = await openExecutor('tfjs-wasm');
  const before = tf.memory().numTensors;
  const program = executor.compile(step);
  for (const name of ['theta', 'm', 'v']) program.write(name, new Float32Array(N).fill(0.1));
  const inputs = { ids: Int32Array.of(0, 1, 1, 4, 2, 0), rates: Float32Array.of(1e-3, 10, 20) };
  await program.run(inputs);
  const { numTensors, numBytes } = tf.memory();
  for (let i = 0; i < 1000; i++) await program.run(inputs);
  expect(tf.memory()).toMatchObject({ numTensors, numBytes });
  program.dispose();
  executor.dispose();
  expect(tf.memory().numTensors).toBe(before);
});

test('a run that fails leaves nothing behind', async () => {
  const executor = await openExecutor('tfjs-wasm');
  const program = executor.compile(step);
  for (const name of ['theta', 'm', 'v']) program.write(name, new Float32Array(N));
  const before = tf.memory().numTensors;
  await expect(program.run({ ids: new Int32Array(6) })).rejects.toThrow('rates');
  await expect(program.run({ ids: new Int32Array(5), rates: new Float32Array(3) })).rejects.toThrow('5 elements');
  expect(tf.memory().numTensors).toBe(before);
  executor.dispose();
});
