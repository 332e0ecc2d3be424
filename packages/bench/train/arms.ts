import { parameterCount } from '@pathfold/checkpoint/path';
import { initPath } from '@pathfold/checkpoint/sources/seed';
import type { LlamaShape } from '@pathfold/nets/llama-shape';
import { adamwRates, coldMoments } from '@pathfold/optim/inner/adamw';
import { type Executor, type ExecutorName, onGpu, type TfjsName } from '@pathfold/tensors/executors/executor';
import { openExecutor } from '@pathfold/tensors/executors/open';
import type { WorkerHost } from '@pathfold/tensors/executors/wasm/worker-messages';
import { trace } from '@pathfold/tensors/plan/trace';
import type { Plan } from '@pathfold/tensors/plan/types';
import { matmul } from '@pathfold/tensors/primitives/matmul/matmul';
import { setTraining, trainingPlan } from '@pathfold/training/plans';
import { countedSteps, type GpuCounts } from './gpu-counts.ts';
import { pathOf, windowsOf } from './shapes.ts';
import { stockStep } from './stock-tfjs.ts';

/** One measured thing: a way to train one shape, the bare products of its weights, or AdamW, which one thread does. */
export interface ArmSpec {
  readonly kind: 'stock' | 'stock-nn' | 'ours' | 'products' | 'adamw';
  readonly executor: ExecutorName;
  readonly threads: number;
  readonly model: LlamaShape;
  /** Sequences a step. */
  readonly batch: number;
}

/** Some steps, each with its loss read back. */
export interface Timed {
  /** Duration of one step. */
  readonly milliseconds: number;
  /** The GPU calls of one step; null on the CPU. */
  readonly gpu: GpuCounts | null;
}

export interface Device {
  /** In words. */
  readonly adapter: string;
  /** A GPU that is emulated on the CPU. */
  readonly software: boolean;
}

export interface Arm extends Device {
  /** At the fullest: as planned, or as TensorFlow.js counts them over its first step. */
  readonly peakBytes: number;
  steps(count: number): Promise<Timed>;
  dispose(): Promise<void>;
}

/** Opens an arm and takes its first step. Works in Node, and in a worker of a page. */
export const openArm = async (spec: ArmSpec, workers: WorkerHost): Promise<Arm> => {
  const { adapter, software, firstStep, step, dispose } = await open(spec, workers);
  return {
    adapter,
    software,
    peakBytes: await firstStep(),
    async steps(count) {
      const started = performance.now();
      const gpu = onGpu(spec.executor) ? await countedSteps(step, count) : null;
      if (!gpu) for (let i = 0; i < count; i++) await step();
      return { milliseconds: (performance.now() - started) / count, gpu };
    },
    dispose: async () => dispose(),
  };
};

interface Opened extends Device {
  /** Answers the peak bytes. */
  firstStep(): Promise<number>;
  step(): Promise<unknown>;
  dispose(): void;
}

/** As many products of one sequence as take about as long as a step. */
export const PRODUCTS = 100;

const open = (spec: ArmSpec, workers: WorkerHost): Promise<Opened> => {
  if (spec.kind === 'ours') return ours(spec, workers);
  if (spec.kind === 'products') return products(spec);
  if (spec.kind === 'adamw') return adamw(spec);
  return stock(spec);
};

const stock = async ({ kind, executor, model, batch }: ArmSpec): Promise<Opened> => {
  const { adapter, software } = await openExecutor(executor as TfjsName);
  // The whole package: it registers the gradients.
  await import('@tensorflow/tfjs');
  const tf = await import('@tensorflow/tfjs-core');
  await tf.setBackend(executor === 'tfjs-webgpu' ? 'webgpu' : 'wasm');
  const { step, dispose } = stockStep(tf, model, batch, kind === 'stock-nn');
  const { tokens, targets } = windowsOf(model, batch);
  return {
    adapter,
    software,
    firstStep: async () => (await tf.profile(() => step(tokens, targets) as never)).peakBytes,
    step: () => step(tokens, targets),
    dispose,
  };
};

const ours = async ({ executor: name, threads, model, batch }: ArmSpec, workers: WorkerHost): Promise<Opened> => {
  return trainer(await openExecutor(name, { workers: { ...workers, threads } }), model, batch);
};

/** Training steps on an executor. */
export const trainer = (executor: Executor, model: LlamaShape, batch: number): Opened => {
  const path = pathOf(model);
  const plan = trainingPlan(path, batch, { weightDecay: 0.1, clipNorm: 1 });
  const program = executor.compile(plan);
  setTraining(program, { theta: initPath(path, 1), ...coldMoments(parameterCount(path)) });
  const windows = windowsOf(model, batch);
  let steps = 0;
  return opened(executor, plan, () => program.run({ ...windows, rates: adamwRates(1e-3, steps++) }));
};

/** The part of a step after the gradient. */
const adamw = async ({ model, batch }: ArmSpec): Promise<Opened> => {
  const executor = await openExecutor('wasm');
  const path = pathOf(model);
  const plan = trainingPlan(path, batch, { weightDecay: 0.1, clipNorm: 1 }).split!.rest!;
  const program = executor.compile(plan);
  const theta = initPath(path, 1);
  setTraining(program, { theta, ...coldMoments(theta.length) });
  let steps = 0;
  return opened(executor, plan, () =>
    program.run({ gradient: theta, loss: Float32Array.of(1), rates: adamwRates(1e-3, steps++) }),
  );
};

/** Products of a sequence's rows with square weights, one after another. */
const products = async ({ model: { width, context } }: ArmSpec): Promise<Opened> => {
  const executor = await openExecutor('wasm');
  const plan = trace((t) => {
    const weights = t.state('weights', [width, width]);
    let rows = t.state('rows', [context, width]);
    for (let i = 0; i < PRODUCTS; i++) rows = matmul(rows, weights);
    t.output('rows', rows);
  });
  const program = executor.compile(plan);
  program.write('weights', new Float32Array(width * width));
  program.write('rows', new Float32Array(context * width).fill(1));
  return opened(executor, plan, () => program.run({}));
};

const opened = (executor: Executor, plan: Plan, step: () => Promise<unknown>): Opened => ({
  adapter: executor.adapter,
  software: executor.software,
  async firstStep() {
    await step();
    return executor.bytesOf(plan);
  },
  step,
  dispose: () => executor.dispose(),
});
