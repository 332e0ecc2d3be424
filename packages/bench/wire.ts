import { densePath } from '@pathfold/checkpoint/path';
import { BYTE_VOCABULARY } from '@pathfold/studies/byte-corpus';
import { openStudyExecutor } from '@pathfold/studies/executor';
import type { Executor } from '@pathfold/tensors/executors/executor';
import type { BenchOptions, BenchResult } from './options.ts';
import { ARMS } from './wire/arms.ts';
import { codecSpeeds } from './wire/codec-speed.ts';
import { playLoss, type Setting } from './wire/loss.ts';

const SMALL = { mode: 'sync', width: 32, blocks: 2, learningRate: 8e-3 } as const;
const PILOT = { mode: 'sync', width: 64, blocks: 4, learningRate: 4e-3 } as const;

const QUICK: readonly Setting[] = [{ ...SMALL, name: 'H 10, 40 rounds', steps: 10, rounds: 40 }];
const FULL: readonly Setting[] = [
  { ...PILOT, name: 'H 10, 40 rounds', steps: 10, rounds: 40 },
  { ...PILOT, name: 'H 10, 200 rounds', steps: 10, rounds: 200 },
  { ...PILOT, name: 'H 10, 400 rounds', steps: 10, rounds: 400 },
  { ...PILOT, name: 'H 50, 40 rounds', steps: 50, rounds: 40 },
  { ...PILOT, name: 'arrivals, H 10, 200 rounds', mode: 'async', steps: 10, rounds: 200 },
];
const QUICK_ARMS = ['f32', 'q at 2', 'q at 3', 'q at 4', 'int4', 'f32, SGD', 'top-k 3.1 %, SGD'];
const SEEDS = [1, 2, 3];
/** Values in a made-up gradient. */
const VALUES = 2 ** 20;

/**
 * The cost of the wire: bytes and speed of `q` in Node and Chromium on made-up gradients and on one of a run; and the loss
 * of the same dense run by each arm, in parts of that of its base arm, mean and spread over the seeds. Paths and the way
 * down are not in it yet.
 */
export async function run({ quick }: BenchOptions): Promise<BenchResult> {
  const executor = await openStudyExecutor('native').catch(() => openStudyExecutor());
  const settings = quick ? QUICK : FULL;
  const gradient = await outerGradient(settings[0]!, executor);
  const results: Record<string, unknown> = await codecSpeeds({
    gaussian: { values: Float32Array.from({ length: VALUES }, drawn(gaussian)), sizes: [VALUES] },
    laplacian: { values: Float32Array.from({ length: VALUES }, drawn(laplacian)), sizes: [VALUES] },
    'of a run': gradient,
  });
  console.table(results);
  const ratios: Record<string, number> = {};
  const arms = Object.entries(ARMS).filter(([name]) => !quick || QUICK_ARMS.includes(name));
  for (const setting of settings) {
    const losses = new Map<string, number[]>();
    for (const [name, arm] of arms) {
      const played = [];
      for (const seed of SEEDS) played.push(await playLoss(setting, arm, seed, executor));
      const own = played.map(({ loss }) => loss);
      losses.set(name, own);
      const base = losses.get(arm.base)!;
      const more = own.map((loss, i) => loss / base[i]! - 1);
      results[`${name}, ${setting.name}`] = {
        bytesPerParameter: Number(mean(played.map(({ bytesPerParameter }) => bytesPerParameter)).toFixed(4)),
        loss: Number(mean(own).toFixed(4)),
        percentMore: Number((100 * mean(more)).toFixed(2)),
        percentMoreBySeed: more.map((share) => (100 * share).toFixed(2)).join(', '),
      };
      ratios[`${name}, ${setting.name}`] = Number((1 + mean(more)).toFixed(4));
      console.log(`${name}, ${setting.name}: ${JSON.stringify(results[`${name}, ${setting.name}`])}`);
    }
  }
  executor.dispose();
  return { results, ratios };
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** That of the first volunteer in the last round of a short run. */
async function outerGradient(setting: Setting, executor: Executor) {
  let values = new Float32Array(0);
  const short = { ...setting, rounds: 12 };
  await playLoss(short, ARMS['f32']!, 1, executor, (gradient) => {
    values = gradient.slice();
  });
  const { modules } = densePath({
    ...{ width: setting.width, blocks: setting.blocks, heads: 2, context: 64, vocabulary: BYTE_VOCABULARY },
    tied: true,
  });
  return { values, sizes: modules.map(({ parameterCount }) => parameterCount) };
}

/** Always the same: uniform numbers of a linear congruential generator. */
const drawn = (make: (uniform: () => number) => number) => {
  let state = 1;
  const uniform = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state + 0.5) / 2 ** 32;
  };
  return () => make(uniform);
};
const gaussian = (uniform: () => number) => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
const laplacian = (uniform: () => number) => {
  const side = uniform() - 0.5;
  return -Math.sign(side) * Math.log(1 - 2 * Math.abs(side));
};
