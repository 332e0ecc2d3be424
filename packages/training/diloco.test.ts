import { parameterCount } from '@pathfold/checkpoint/path';
import { initPath } from '@pathfold/checkpoint/sources/seed';
import { adamwRates, coldMoments, type Moments } from '@pathfold/optim/inner/adamw';
import { learningRateAt } from '@pathfold/optim/inner/schedule';
import { sgdStep } from '@pathfold/optim/inner/sgd';
import { WeightedMean } from '@pathfold/optim/outer/fold';
import { outerOptimizer } from '@pathfold/optim/outer/registry';
import type { Executor } from '@pathfold/tensors/executors/executor';
import { openExecutor } from '@pathfold/tensors/executors/open';
import { trace } from '@pathfold/tensors/plan/trace';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Batch } from './batch.ts';
import { tinyPath, windows } from './fixtures.ts';
import { lossAndGradient, setTraining, trainingPlan } from './plans.ts';
import { round } from './round.ts';

/** Special cases of DiLoCo (arXiv 2311.08105, section 2): rounds and outer steps against training that knows neither. */

const BATCH = 2;
const inner = { batch: BATCH, learningRate: 3e-3, warmupSteps: 5, totalSteps: 200, weightDecay: 0.1, clipNorm: 1 };
const theta0 = initPath(tinyPath, 1);

let executor: Executor;
beforeAll(async () => {
  executor = await openExecutor('wasm');
});
afterAll(() => executor.dispose());

/** AdamW, step after step: no round, no outer gradient. */
async function plainAdamw(steps: number, batches: (step: number) => Batch): Promise<Float32Array> {
  const program = executor.compile(trainingPlan(tinyPath, BATCH, inner));
  setTraining(program, { theta: theta0, ...coldMoments(theta0.length) });
  for (let step = 0; step < steps; step++)
    await program.run({ ...batches(step), rates: adamwRates(learningRateAt(inner, step), step) });
  const end = await program.read('theta');
  program.dispose();
  return end;
}

interface Contribution {
  readonly delta: Float32Array;
  readonly weight: number;
}

/** The outer step, as a fold of the coordinator takes it (algorithm 1, lines 7 and 8). */
function outerStep(kind: string, theta: Float32Array, contributions: readonly Contribution[]): Float32Array {
  const mean = new WeightedMean(theta.length);
  for (const { delta, weight } of contributions) mean.add(delta, weight, 1);
  // Averaging has no learning rate: it must not read this one.
  const optimizer = outerOptimizer({ kind, learningRate: kind === 'averaging' ? 0.7 : 1, momentum: 0.9 });
  const next = theta.slice();
  optimizer.update(next, mean.mean(), { share: 1 }, optimizer.init(theta.length));
  return next;
}

const largestDifference = (a: Float32Array, b: Float32Array): number =>
  a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0);

const dataOf = (worker: number) => (step: number) => windows(100 * worker + step, BATCH);

/** Rounding apart: steps here move parameters by 1e-3 and more. */
const SAME = 1e-6;

test.each([
  ['averaging', [4, 4]],
  ['sgd', [4, 4]],
  ['averaging', [2, 6]],
  ['sgd', [1, 3, 5]],
] as const)('outer %s is the average of what workers reach in %j steps, by their steps', async (kind, steps) => {
  const total = steps.reduce((sum, own) => sum + own, 0);
  const contributions: Contribution[] = [];
  const average = new Float64Array(theta0.length);
  for (const [worker, own] of steps.entries()) {
    const batches = dataOf(worker);
    const start = { theta: theta0, moments: null, globalStep: 0 };
    const { delta } = await round({ executor, path: tinyPath, inner, ...start, steps: own, batches });
    contributions.push({ delta, weight: own });
    const end = await plainAdamw(own, batches);
    for (const [i, value] of end.entries()) average[i]! += (own / total) * value;
  }
  const next = outerStep(kind, theta0, contributions);
  expect(largestDifference(next, Float32Array.from(average))).toBeLessThan(SAME);
});

test('averaging after one step of inner SGD is one step on all batches: synchronous data parallelism', async () => {
  const sgd = async (batch: Batch, sequences: number) => {
    const program = executor.compile(
      trace((t) => {
        const theta = t.state('theta', [parameterCount(tinyPath)]);
        sgdStep(t, theta, lossAndGradient(t, tinyPath, theta, sequences).gradient);
      }),
    );
    program.write('theta', theta0);
    await program.run({ ...batch, step: Float32Array.of(-0.1) });
    const end = await program.read('theta');
    program.dispose();
    return end;
  };
  const [one, two] = [windows(0, 2), windows(1, 4)];
  const all: Batch = {
    tokens: Int32Array.of(...one.tokens, ...two.tokens),
    targets: Int32Array.of(...one.targets, ...two.targets),
  };
  const deltaOf = (end: Float32Array) => theta0.map((value, i) => value - end[i]!);
  const next = outerStep('averaging', theta0, [
    { delta: deltaOf(await sgd(one, 2)), weight: 2 },
    { delta: deltaOf(await sgd(two, 4)), weight: 4 },
  ]);
  expect(largestDifference(next, await sgd(all, 6))).toBeLessThan(SAME);
});

test('one worker with outer SGD of rate 1 is plain AdamW, whatever the length of its rounds', async () => {
  const batches = dataOf(0);
  let [theta, moments, globalStep]: [Float32Array, Moments | null, number] = [theta0, null, 0];
  for (const steps of [1, 4, 12, 7]) {
    const from = globalStep;
    const own = (step: number) => batches(from + step);
    const options = { executor, path: tinyPath, inner, theta, moments, globalStep, steps, batches: own };
    const result = await round(options);
    theta = outerStep('sgd', theta, [{ delta: result.delta, weight: 1 }]);
    moments = result.moments;
    globalStep += steps;
  }
  expect(largestDifference(theta, await plainAdamw(24, batches))).toBeLessThan(1e-5);
});
