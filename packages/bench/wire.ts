import { densePath } from '@pathfold/checkpoint/path';
import { BYTE_VOCABULARY } from '@pathfold/studies/byte-corpus';
import { openStudyExecutor } from '@pathfold/studies/executor';
import type { Executor } from '@pathfold/tensors/executors/executor';
import type { BenchOptions, BenchResult } from './options.ts';
import { ARMS } from './wire/arms.ts';
import { codecSpeeds } from './wire/codec-speed.ts';
import { playLoss } from './wire/loss.ts';
import { PlayedRuns } from './wire/played.ts';
import { FULL, QUICK, type Setting } from './wire/settings.ts';

const QUICK_ARMS = ['f32', 'q at 2', 'q at 3', 'q at 4', 'int4', 'f32, SGD', 'top-k 3.1 %, SGD'];
const SEEDS = [1, 2, 3];
/** Values in a made-up gradient. */
const VALUES = 2 ** 20;

/**
 * The cost of the wire: bytes and speed of `q` in Node and Chromium on made-up gradients and on one of a run; and the loss
 * of the same run by each arm, in parts of that of its base arm, mean and spread over the seeds.
 * `results` keeps each run as soon as it is played.
 */
export async function run({ quick, results: file }: BenchOptions): Promise<BenchResult> {
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
  const played = new PlayedRuns(file);
  const arms = Object.entries(ARMS).filter(([name]) => !quick || QUICK_ARMS.includes(name));
  const playOnce = async (setting: Setting, name: string, seed: number) => {
    const known = played.get(setting, name, seed);
    if (known) return known;
    const one = await playLoss(setting, ARMS[name]!, seed, executor);
    played.add(setting, name, seed, one);
    return one;
  };
  for (const setting of settings)
    for (const [name, { base }] of arms) {
      const own = [];
      const more: number[] = [];
      for (const seed of SEEDS) {
        const one = await playOnce(setting, name, seed);
        own.push(one);
        more.push(one.loss / (await playOnce(setting, base, seed)).loss - 1);
      }
      const row = `${name}, ${setting.name}`;
      results[row] = {
        bytesPerParameter: Number(mean(own.map(({ bytesPerParameter }) => bytesPerParameter)).toFixed(4)),
        downPerParameter: Number(mean(own.map(({ downPerParameter }) => downPerParameter)).toFixed(4)),
        joinerPerParameter: Number(mean(own.map(({ joinerPerParameter }) => joinerPerParameter)).toFixed(4)),
        loss: Number(mean(own.map(({ loss }) => loss)).toFixed(4)),
        percentMore: Number((100 * mean(more)).toFixed(2)),
        percentMoreBySeed: more.map((share) => (100 * share).toFixed(2)).join(', '),
      };
      ratios[row] = Number((1 + mean(more)).toFixed(4));
      console.log(`${row}: ${JSON.stringify(results[row])}`);
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
