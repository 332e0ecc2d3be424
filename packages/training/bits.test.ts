import { createHash } from 'node:crypto';
import type { Executor } from '@pathfold/tensors/executors/executor';
import { openExecutor } from '@pathfold/tensors/executors/open';
import { nodeLanes } from '@pathfold/tensors/executors/wasm/node-lanes';
import { trace } from '@pathfold/tensors/plan/trace';
import { afterEach, expect, test } from 'vitest';
import { evaluate } from './evaluate.ts';
import { tinyPath, windows } from './fixtures.ts';
import { initPath, parameterCount } from './path.ts';
import { lossAndGradient, trainingPlan } from './plans.ts';
import { round } from './round.ts';

const opened: Executor[] = [];
afterEach(() => {
  for (const executor of opened.splice(0)) executor.dispose();
});

const openThreads = async (threads: number): Promise<Executor> => {
  const executor = await openExecutor('wasm', { lanes: nodeLanes(threads) });
  opened.push(executor);
  return executor;
};

const hashOf = (values: Float32Array): string =>
  createHash('sha256').update(new Uint8Array(values.buffer)).digest('hex');

/** Sequences a step, and what our kernels make of 20 inner steps. The hashes change with the order of sums only. */
const GOLDEN = {
  1: '9c0a27157aa2159117df9bbe3a0248e156bed28aaa6f7678c3d786f9d60bdd8d',
  2: '9692d31d76a3faa03d65566b5a5919bcad9c63e5d06632f6df2bd7ef94347df1',
  11: '176f82d60030d007bdf621066db8b7140a0d9e196ddaaf919b2217a0b2afe0a7',
};

test.each([1, 2, 11] as const)(
  'weights after 20 steps of %s sequences: the same bits on any number of threads',
  async (batch) => {
    const inner = { batch, learningRate: 3e-3, warmupSteps: 5, totalSteps: 100, weightDecay: 0.1, clipNorm: 1 };
    for (const threads of [1, 2, 3]) {
      const { delta } = await round({
        executor: await openThreads(threads),
        path: tinyPath,
        inner,
        theta: initPath(tinyPath, 1),
        moments: null,
        globalStep: 0,
        steps: 20,
        batches: (step) => windows(step, batch),
      });
      expect([threads, hashOf(delta)]).toEqual([threads, GOLDEN[batch]]);
    }
  },
);

test('gradients of a split batch are those of the reference', async () => {
  const batch = 5;
  const count = parameterCount(tinyPath);
  const theta = initPath(tinyPath, 3);
  const reference = await openExecutor('tfjs-cpu');
  opened.push(reference);
  const whole = reference.compile(
    trace((t) => t.output('gradient', lossAndGradient(t, tinyPath, t.state('theta', [count]), batch).gradient)),
  );
  whole.write('theta', theta);
  const wanted = (await whole.run({ ...windows(4, batch) }))['gradient']!;

  const { split, ...plan } = trainingPlan(tinyPath, batch, { weightDecay: 0, clipNorm: 1 });
  const sums = { ...plan, state: split!.each.state, inputs: plan.inputs.filter(({ name }) => name !== 'rates') };
  const program = (await openThreads(2)).compile({ ...sums, split: { ...split!, rest: null } });
  program.write('theta', theta);
  const found = (await program.run({ ...windows(4, batch) }, ['gradient']))['gradient']!;
  const norm = (values: Float32Array) => Math.hypot(...values);
  expect(norm(found.map((value, i) => value - wanted[i]!)) / norm(wanted)).toBeLessThan(1e-5);
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
