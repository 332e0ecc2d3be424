import type { LlamaShape } from '@pathfold/nets/llama-modules';
import { adamwRates } from '@pathfold/optim/inner/adamw';
import type { ExecutorName } from '@pathfold/tensors/executors/executor';
import { openExecutor } from '@pathfold/tensors/executors/open';
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
const OURS: ExecutorName[] = ['tfjs-wasm', 'wasm'];

type Step = () => Promise<number>;
interface Arm {
  readonly name: string;
  readonly step: Step;
  dispose(): void;
}

/** Training on the CPU in Node, one thread: stock TensorFlow.js, the same with fast products, and our executors. */
export const run = async ({ quick }: BenchOptions): Promise<BenchResult> => {
  const results: Record<string, { tokensPerSecond: number; gflops: number; milliseconds: number }> = {};
  const ratios: Record<string, number> = {};
  for (const model of quick ? SHAPES.slice(0, 1) : SHAPES) {
    const shape = `d${model.width}-T${model.context}`;
    const arms = [await stock(model, false), await stock(model, true)];
    for (const name of OURS) arms.push(await ours(model, name));
    const times = await medians(arms, quick ? 3 : 5);
    arms.forEach(({ name, dispose }, i) => {
      const milliseconds = times[i]!;
      const flops = BATCH * model.context * flopsPerToken(model);
      const tokensPerSecond = Math.round((1000 * BATCH * model.context) / milliseconds);
      results[`${shape} ${name}`] = { tokensPerSecond, gflops: round2(flops / milliseconds / 1e6), milliseconds };
      if (i > 1) {
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
const flopsPerToken = (model: LlamaShape): number => {
  const path = pathShape(model, [{ experts: 1, blocks: model.blocks }], '0');
  return 6 * parameterCount(path) + 6 * model.blocks * model.context * model.width;
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
  return { name: nn ? 'stock-nn' : 'stock', step: () => step(tokens, targets), dispose };
};

const ours = async (model: LlamaShape, name: ExecutorName): Promise<Arm> => {
  const executor = await openExecutor(name);
  const path = pathShape(model, [{ experts: 1, blocks: model.blocks }], '0');
  const program = executor.compile(trainingPlan(path, BATCH, { weightDecay: 0.1, clipNorm: 1 }));
  program.write('theta', initPath(path, 1));
  for (const moment of ['m', 'v']) program.write(moment, new Float32Array(parameterCount(path)));
  let steps = 0;
  const step = async () => (await program.run({ ...windows(model), rates: adamwRates(1e-3, steps++) }))['loss']![0]!;
  return { name, step, dispose: () => executor.dispose() };
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
