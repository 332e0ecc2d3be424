import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { parameterCount, pathShape } from '@pathfold/checkpoint/path';
import { initPath } from '@pathfold/checkpoint/sources/seed';
import { adamwRates, coldMoments } from '@pathfold/optim/inner/adamw';
import type { Executor } from '@pathfold/tensors/executors/executor';
import { type OpenOptions, openExecutor } from '@pathfold/tensors/executors/open';
import { nodeWorkers } from '@pathfold/tensors/executors/wasm/node-workers';
import { afterEach, expect, test } from 'vitest';
import { tinyPath, windows } from './fixtures.ts';
import { setTraining, trainingPlan } from './plans.ts';

const BATCH = 2;
const plan = trainingPlan(tinyPath, BATCH, { weightDecay: 0.1, clipNorm: 1 });
const opened: Executor[] = [];
afterEach(() => {
  for (const executor of opened.splice(0)) executor.dispose();
});
const open = async (name: 'wasm' | 'tfjs-wasm', options?: OpenOptions): Promise<Executor> => {
  const executor = await openExecutor(name, options);
  opened.push(executor);
  return executor;
};

/** Bytes in use outside of and on the heap, after everything that can be collected is. */
const inUse = (): number => {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  const { heapUsed, external, arrayBuffers } = process.memoryUsage();
  return heapUsed + external + arrayBuffers;
};

test('memory does not grow over 1,000 steps on two threads', async () => {
  const program = (await open('wasm', { workers: nodeWorkers(2) })).compile(plan);
  setTraining(program, { theta: initPath(tinyPath, 1), ...coldMoments(parameterCount(tinyPath)) });
  const steps = async (count: number) => {
    for (let n = 0; n < count; n++) await program.run({ ...windows(n, BATCH), rates: adamwRates(1e-3, n) });
    return inUse();
  };
  const before = await steps(100);
  // One copy of the parameters in each step would be 20 MB.
  expect((await steps(1000)) - before).toBeLessThan(2e6);
});

test('memory is stated before anything is allotted, and more than there is is refused with a sentence', async () => {
  for (const name of ['wasm', 'tfjs-wasm'] as const) {
    const bytes = (await open(name)).bytesOf(plan);
    // At the least theta, the gradient and both moments.
    expect(bytes).toBeGreaterThan(4 * 4 * parameterCount(tinyPath));
    (await open(name, { memoryBytes: bytes })).compile(plan);
    const small = await open(name, { memoryBytes: bytes - 1 });
    expect(() => small.compile(plan)).toThrow(`out_of_memory: this work needs 1 MB of memory, of 1 MB`);
  }
});

test('each thread takes memory of its own', async () => {
  const [one, three] = [await open('wasm'), await open('wasm', { workers: nodeWorkers(3) })];
  expect(three.bytesOf({ ...plan, split: { ...plan.split!, items: 3 } })).toBeGreaterThan(2 * one.bytesOf(plan));
});

test('a batch whose activations are computed again takes far less memory', async () => {
  const model = { width: 32, blocks: 6, heads: 2, context: 64, vocabulary: 64, tied: true };
  const path = pathShape(model, [{ experts: 1, blocks: 6 }], '0');
  const executor = await open('tfjs-wasm');
  const bytes = (recompute: boolean) =>
    executor.bytesOf(trainingPlan(path, 8, { weightDecay: 0.1, clipNorm: 1, recompute }));
  expect(bytes(true)).toBeLessThan(0.5 * bytes(false));
});
