import type { About } from './fit.ts';
import type { Rows } from './rows.ts';

/** Seeded draws in [0, 1) (mulberry32). */
export const uniform = (seed: number): (() => number) => {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let z = Math.imul(state ^ (state >>> 15), state | 1);
    z ^= z + Math.imul(z ^ (z >>> 7), z | 61);
    return ((z ^ (z >>> 14)) >>> 0) / 2 ** 32;
  };
};

/** Documents around centres: `sizes[k]` of them around the k-th, each coordinate off by at most `spread`; shuffled. */
export const blobs = (sizes: readonly number[], width: number, spread: number, seed: number) => {
  const draw = uniform(seed);
  const centres = sizes.map(() => Array.from({ length: width }, () => 10 * draw()));
  const drawn = sizes
    .flatMap((size, k) => Array.from({ length: size }, () => k))
    .map((k) => ({ k, at: draw(), row: centres[k]!.map((c) => c + spread * (2 * draw() - 1)) }))
    .sort((a, b) => a.at - b.at);
  const features: Rows = { values: Float32Array.from(drawn.flatMap(({ row }) => row)), width };
  return { features, truth: drawn.map(({ k }) => k), weights: drawn.map(() => 1) };
};

export const about = (paths: number, ids = Array.from({ length: paths }, (_, p) => String(p))): About => ({
  version: 1,
  paths: ids,
  prefixBytes: 128,
  prefixTokens: 64,
  base: ['a'.repeat(64), 'b'.repeat(64), 'c'.repeat(64)],
});

/** Normalised mutual information of two partitions: 1 where they are the same but for names, 0 where unrelated. */
export const mutualInformation = (a: readonly number[], b: readonly number[]): number => {
  const entropy = (labels: readonly (number | string)[]): number => {
    const counts = new Map<number | string, number>();
    for (const label of labels) counts.set(label, (counts.get(label) ?? 0) + 1);
    return -[...counts.values()].reduce((sum, n) => sum + (n / labels.length) * Math.log(n / labels.length), 0);
  };
  const shared = entropy(a) + entropy(b) - entropy(a.map((label, i) => `${label} ${b[i]}`));
  return shared / Math.sqrt(entropy(a) * entropy(b));
};
