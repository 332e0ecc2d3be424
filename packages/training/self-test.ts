import { type PathShape, parameterCount, pathShape } from '@pathfold/checkpoint/path';
import { initPath } from '@pathfold/checkpoint/sources/seed';
import { adamwRates, coldMoments } from '@pathfold/optim/inner/adamw';
import type { Executor } from '@pathfold/tensors/executors/executor';
import { trace } from '@pathfold/tensors/plan/trace';
import golden from './golden.json' with { type: 'json' };
import { bitsHash } from './hash.ts';
import { lossAndGradient, setTraining, trainingPlan } from './plans.ts';

/** Loss and gradient of a tiny net, and the losses of a larger one's first steps. */
export interface Golden {
  readonly loss: number;
  readonly gradient: readonly number[];
  readonly losses: readonly number[];
}

export interface StoredGolden extends Golden {
  /** `goldenBits` of what our WebAssembly kernels make of it: the same in every engine and on any number of threads. */
  readonly wasmBits: string;
}

export interface SelfTestResult {
  readonly passed: boolean;
  /** The finding in words. */
  readonly reason: string;
}

const SEED = 7;
const BATCH = 2;
const net = (width: number, heads: number, context: number, vocabulary: number): PathShape =>
  pathShape({ width, blocks: 2, heads, context, vocabulary, tied: true }, [{ experts: 1, blocks: 2 }], '0');
/** Odd sizes on purpose: kernels differ in how they treat the last few columns. */
const tiny = net(12, 3, 7, 19);
const larger = net(64, 2, 48, 257);
const STEPS = 4;

const windows = ({ model: { context, vocabulary } }: PathShape) => {
  const draw = (offset: number) =>
    Int32Array.from({ length: BATCH * context }, (_, i) => ((i + offset) * (i + offset) * 31 + 7 * i) % vocabulary);
  return { tokens: draw(0), targets: draw(1) };
};

/** Computes on `executor` what the stored values say of it. */
export const computeGolden = async (executor: Executor): Promise<Golden> => {
  const gradientProgram = executor.compile(
    trace((t) => {
      const { loss, gradient } = lossAndGradient(t, tiny, t.state('theta', [parameterCount(tiny)]), BATCH);
      t.output('loss', loss);
      t.output('gradient', gradient);
    }),
  );
  const program = executor.compile(trainingPlan(larger, BATCH, { weightDecay: 0.1, clipNorm: 1 }));
  try {
    gradientProgram.write('theta', initPath(tiny, SEED));
    const { loss, gradient } = await gradientProgram.run(windows(tiny));
    setTraining(program, { theta: initPath(larger, SEED), ...coldMoments(parameterCount(larger)) });
    const losses: number[] = [];
    for (let step = 0; step < STEPS; step++)
      losses.push((await program.run({ ...windows(larger), rates: adamwRates(3e-3, step) }))['loss']![0]!);
    return { loss: loss![0]!, gradient: [...gradient!], losses };
  } finally {
    gradientProgram.dispose();
    program.dispose();
  }
};

/** All bits of what an executor computed. */
export const goldenBits = ({ loss, gradient, losses }: Golden): Promise<string> =>
  bitsHash([loss, ...gradient, ...losses]);

const GRADIENT_TOLERANCE = 1e-4;
const LOSS_TOLERANCE = 1e-3;

/**
 * Whether the device computes rightly: our kernels, WebAssembly and native, to the last bit, others within a tolerance. A
 * device that does not may not train. Throws `DeviceError`.
 */
export const selfTest = async (executor: Executor, stored: StoredGolden = golden): Promise<SelfTestResult> => {
  const found = await computeGolden(executor);
  const gradientError = distance(found.gradient, stored.gradient);
  const lossError = Math.max(
    Math.abs(found.loss - stored.loss),
    ...stored.losses.map((loss, step) => Math.abs(found.losses[step]! - loss)),
  );
  const ownKernels = executor.name === 'wasm' || executor.name === 'native';
  const sameBits = !ownKernels || (await goldenBits(found)) === stored.wasmBits;
  const passed = sameBits && gradientError <= GRADIENT_TOLERANCE && lossError <= LOSS_TOLERANCE;
  const off = `gradients off by ${gradientError.toExponential(1)}, losses by ${lossError.toExponential(1)}`;
  const figures = sameBits ? off : `not the bits of our kernels, ${off}`;
  return { passed, reason: passed ? `computes rightly: ${figures}` : `computes wrongly: ${figures}` };
};

/** Relative L2 distance. */
const distance = (found: readonly number[], stored: readonly number[]): number => {
  const norm = (values: readonly number[]) => Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
  return norm(stored.map((value, i) => found[i]! - value)) / norm(stored);
};
