import type { LlamaShape } from '@pathfold/nets/llama-shape';
import { DeviceError } from '@pathfold/tensors/executors/executor';
import { openNative } from '@pathfold/tensors/executors/native/open';
import { openExecutor } from '@pathfold/tensors/executors/open';
import { type BenchOptions, type BenchResult, Missing } from './options.ts';
import { trainer } from './train/arms.ts';
import { nameOf } from './train/shapes.ts';

/** The nets of the studies' small and whole versions, and the widest. */
const SHAPES: readonly LlamaShape[] = (
  [
    [32, 2, 64],
    [64, 4, 128],
    [112, 4, 128],
  ] as const
).map(([width, blocks, context]) => ({ width, blocks, heads: 2, context, vocabulary: 257, tied: true }));
const BATCH = 8;
const STEPS = 10;

/**
 * A training step of the studies on one thread: WebAssembly kernels against native ones. Processor time in ms, which
 * others on the machine change less than the clock's; the best of several turns of each. Throws `Missing`.
 */
export const run = async ({ quick }: BenchOptions): Promise<BenchResult> => {
  const results: Record<string, { wasm: number; native: number }> = {};
  const ratios: Record<string, number> = {};
  const native = () =>
    openNative().catch((error: unknown) => {
      throw error instanceof DeviceError ? new Missing(`This benchmark cannot run: ${error.detail}.`) : error;
    });
  for (const model of SHAPES) {
    const executors = [await openExecutor('wasm'), await native()];
    const arms = executors.map((executor) => ({ ...trainer(executor, model, BATCH), best: Number.POSITIVE_INFINITY }));
    for (const { step } of arms) for (let i = 0; i < STEPS; i++) await step();
    for (let turn = 0; turn < (quick ? 5 : 20); turn++)
      for (const arm of arms) {
        const before = process.cpuUsage();
        for (let i = 0; i < STEPS; i++) await arm.step();
        const { user, system } = process.cpuUsage(before);
        arm.best = Math.min(arm.best, (user + system) / 1000 / STEPS);
      }
    const [wasm, compiled] = arms.map(({ best }) => Number(best.toFixed(2))) as [number, number];
    results[nameOf(model)] = { wasm, native: compiled };
    ratios[`${nameOf(model)} native / wasm`] = Number((wasm / compiled).toFixed(2));
    for (const arm of arms) arm.dispose();
  }
  return { results, ratios };
};
