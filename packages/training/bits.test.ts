import { parameterCount } from '@pathfold/checkpoint/path';
import { initPath } from '@pathfold/checkpoint/sources/seed';
import type { Executor, ExecutorName } from '@pathfold/tensors/executors/executor';
import { openExecutor } from '@pathfold/tensors/executors/open';
import { nodeWorkers } from '@pathfold/tensors/executors/wasm/node-workers';
import { trace } from '@pathfold/tensors/plan/trace';
import { afterEach, expect, test } from 'vitest';
import { BITS, twentySteps } from './bits.ts';
import { evaluate } from './evaluate.ts';
import { tinyPath, windows } from './fixtures.ts';
import { lossAndGradient, trainingPlan } from './plans.ts';

const opened: Executor[] = [];
afterEach(() => {
  for (const executor of opened.splice(0)) executor.dispose();
});

const openThreads = async (threads: number): Promise<Executor> => {
  const executor = await openExecutor('wasm', { workers: nodeWorkers(threads) });
  opened.push(executor);
  return executor;
};

test.each([1, 2, 11] as const)(
  'weights after 20 steps of %s sequences: the same bits on any number of threads',
  async (batch) => {
    for (const threads of [1, 2, 3]) {
      const { hash } = await twentySteps(await openThreads(threads), batch);
      expect([threads, hash]).toEqual([threads, BITS[batch]]);
    }
  },
);

test('activations that are computed again change no bit', async () => {
  expect((await twentySteps(await openThreads(2), 2, true)).hash).toBe(BITS[2]);
});

const batch = 5;
const theta = initPath(tinyPath, 3);
/** The gradient of a whole batch. */
const gradientOn = async (name: ExecutorName): Promise<Float32Array> => {
  const executor = await openExecutor(name);
  opened.push(executor);
  const program = executor.compile(
    trace((t) => {
      const state = t.state('theta', [parameterCount(tinyPath)]);
      t.output('gradient', lossAndGradient(t, tinyPath, state, batch).gradient);
    }),
  );
  program.write('theta', theta);
  return (await program.run({ ...windows(4, batch) }))['gradient']!;
};
const distance = (found: Float32Array, wanted: Float32Array): number =>
  Math.hypot(...found.map((value, i) => value - wanted[i]!)) / Math.hypot(...wanted);

test.each(['wasm', 'tfjs-wasm'] as const)('gradients on %s are those of the reference', async (name) => {
  expect(distance(await gradientOn(name), await gradientOn('tfjs-cpu'))).toBeLessThan(1e-5);
});

test('gradients of a split batch are those of the reference', async () => {
  const { split, ...plan } = trainingPlan(tinyPath, batch, { weightDecay: 0, clipNorm: 1 });
  const sums = { ...plan, state: split!.each.state, inputs: plan.inputs.filter(({ name }) => name !== 'rates') };
  const program = (await openThreads(2)).compile({ ...sums, split: { ...split!, rest: null } });
  program.write('theta', theta);
  const found = (await program.run({ ...windows(4, batch) }, ['gradient']))['gradient']!;
  expect(distance(found, await gradientOn('tfjs-cpu'))).toBeLessThan(1e-5);
});

test('evaluation answers the same nats on any number of threads', async () => {
  const nats = async (threads: number) =>
    evaluate({
      executor: await openThreads(threads),
      path: tinyPath,
      theta: initPath(tinyPath, 1),
      windows: windows(9, 13),
      batch: 6,
    });
  expect(await nats(3)).toEqual(await nats(1));
});
