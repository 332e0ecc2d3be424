import type { LlamaShape } from '@pathfold/nets/llama-modules';
import { adamwRates } from '@pathfold/optim/inner/adamw';
import type { ExecutorName } from '@pathfold/tensors/executors/executor';
import { openExecutor } from '@pathfold/tensors/executors/open';
import { nodeLanes } from '@pathfold/tensors/executors/wasm/node-lanes';
import { trace } from '@pathfold/tensors/plan/trace';
import { matmul } from '@pathfold/tensors/primitives/matmul/matmul';
import { initPath, parameterCount, pathShape } from '@pathfold/training/path';
import { trainingPlan } from '@pathfold/training/plans';
import type { BenchOptions, BenchResult } from './options.ts';
import { stockStep } from './stock-tfjs.ts';

const BATCH = 8;
/** The reference shape first; `--quick` stops there. */
const SHAPES: LlamaShape[] = [
  [128, 128],
  [64, 64],
  [64, 128],
  [64, 256],
  [128, 64],
  [128, 256],
  [256, 64],
  [256, 128],
  [256, 256],
].map(([width, context]) => ({
  width: width!,
  blocks: 4,
  heads: width! / 32,
  context: context!,
  vocabulary: 256,
  tied: true,
}));
type Step = () => Promise<number>;
interface Arm {
  readonly name: string;
  readonly step: Step;
  /** Of one step. */
  readonly flops: number;
  dispose(): void;
}

/**
 * Training on the CPU in Node: stock TensorFlow.js on one thread, the same with fast products, and our executors on one
 * thread and on all. Beside them the bare matrix products of our kernels, which no step can outrun.
 */
export const run = async ({ quick }: BenchOptions): Promise<BenchResult> => {
  const results: Record<string, { tokensPerSecond?: number; gflops: number; milliseconds: number }> = {};
  const ratios: Record<string, number> = {};
  for (const model of quick ? SHAPES.slice(0, 1) : SHAPES) {
    const shape = `d${model.width}-T${model.context}`;
    const arms = [await stock(model, false), await stock(model, true)];
    arms.push(await ours(model, 'tfjs-wasm', 1), await ours(model, 'wasm', 1));
    const { threads } = nodeLanes();
    if (threads > 1) arms.push(await ours(model, 'wasm', threads));
    arms.push(await products(model));
    const times = await medians(arms, quick ? 3 : 5);
    arms.forEach(({ name, flops, dispose }, i) => {
      const milliseconds = times[i]!;
      const gflops = round2(flops / milliseconds / 1e6);
      const tokensPerSecond = Math.round((1000 * BATCH * model.context) / milliseconds);
      results[`${shape} ${name}`] =
        name === PRODUCTS ? { gflops, milliseconds } : { tokensPerSecond, gflops, milliseconds };
      if (name === PRODUCTS) ratios[`${shape} wasm / ${PRODUCTS}`] = round2(results[`${shape} wasm`]!.gflops / gflops);
      else if (i > 1) {
        ratios[`${shape} ${name} / stock`] = round2(times[0]! / milliseconds);
        ratios[`${shape} ${name} / stock-nn`] = round2(times[1]! / milliseconds);
      }
      dispose();
    });
  }
  return { results, ratios };
};

const round2 = (value: number): number => Math.round(100 * value) / 100;

/** Multiplications and additions of a training step: 6 a parameter, and the products of attention (half are masked). */
const flopsOfStep = (model: LlamaShape): number => {
  const path = pathShape(model, [{ experts: 1, blocks: model.blocks }], '0');
  return BATCH * model.context * (6 * parameterCount(path) + 6 * model.blocks * model.context * model.width);
};

const windows = ({ context, vocabulary }: LlamaShape) => {
  const tokens = Int32Array.from({ length: BATCH * context }, (_, i) => (i * 7919 + i * i) % vocabulary);
  return { tokens, targets: tokens.map((_, i) => tokens[(i + 1) % tokens.length]!) };
};

const stock = async (model: LlamaShape, nn: boolean): Promise<Arm> => {
  await openExecutor('tfjs-wasm');
  // The whole package: it registers the gradients.
  await import('@tensorflow/tfjs');
  const tf = await import('@tensorflow/tfjs-core');
  await tf.setBackend('wasm');
  const { step, dispose } = stockStep(tf, model, BATCH, nn);
  const { tokens, targets } = windows(model);
  return { name: nn ? 'stock-nn' : 'stock', step: () => step(tokens, targets), flops: flopsOfStep(model), dispose };
};

const ours = async (model: LlamaShape, executorName: ExecutorName, threads: number): Promise<Arm> => {
  const executor = await openExecutor(executorName, { lanes: nodeLanes(threads) });
  const name = threads > 1 ? `${executorName} x${threads}` : executorName;
  const path = pathShape(model, [{ experts: 1, blocks: model.blocks }], '0');
  const program = executor.compile(trainingPlan(path, BATCH, { weightDecay: 0.1, clipNorm: 1 }));
  program.write('theta', initPath(path, 1));
  for (const moment of ['m', 'v']) program.write(moment, new Float32Array(parameterCount(path)));
  let steps = 0;
  const step = async () => (await program.run({ ...windows(model), rates: adamwRates(1e-3, steps++) }))['loss']![0]!;
  return { name, step, flops: flopsOfStep(model), dispose: () => executor.dispose() };
};

const PRODUCTS = 'bare products';

/** Products of a sequence's rows with square weights, one after another. */
const products = async ({ width, context }: LlamaShape): Promise<Arm> => {
  const count = 100;
  const executor = await openExecutor('wasm');
  const program = executor.compile(
    trace((t) => {
      const weights = t.state('weights', [width, width]);
      let rows = t.state('rows', [context, width]);
      for (let i = 0; i < count; i++) rows = matmul(rows, weights);
      t.output('rows', rows);
    }),
  );
  program.write('weights', new Float32Array(width * width));
  program.write('rows', new Float32Array(context * width).fill(1));
  const step = async () => (await program.run({}))['rows']![0]!;
  return { name: PRODUCTS, step, flops: count * 2 * context * width * width, dispose: () => executor.dispose() };
};

/** Median milliseconds of a step of each arm, the arms taking turns so that they share the machine's moods. */
const medians = async (arms: readonly Arm[], repetitions: number): Promise<number[]> => {
  const times: number[][] = arms.map(() => []);
  for (const { step } of arms) await step();
  for (let i = 0; i < repetitions; i++)
    for (const [arm, { step }] of arms.entries()) {
      const started = performance.now();
      await step();
      times[arm]!.push(performance.now() - started);
    }
  return times.map((each) => round2(each.sort((a, b) => a - b)[Math.floor(each.length / 2)]!));
};
