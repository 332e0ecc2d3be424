import type { Json } from '@pathfold/coordination/work-plan';
import type { RunSpec } from '@pathfold/protocol/run-spec';
import { BYTE_VOCABULARY } from '../byte-corpus.ts';
import type { Base, Inner } from '../diloco/settings.ts';
import { type Arm, whenOf } from '../study.ts';

/** All that decides one arm, beside the seed. */
export interface ArmConfig {
  readonly model: RunSpec['model'];
  /** One training document in so many; the domain that is cut to little data keeps one in so many of those. */
  readonly corpus: { readonly every: number; readonly scarce: string; readonly scarceEvery: number };
  /** Test documents: one in so many. */
  readonly testEvery: number;
  /** The dense path that all arms of a seed start from, trained by one worker. */
  readonly base: Base;
  readonly inner: Inner;
  readonly totalSteps: number;
  readonly outer: RunSpec['outer'];
  /** `gradients`: of every step, for one AdamW a module; `outer` is not read then. */
  readonly exchange: RunSpec['exchange'];
  readonly levels: NonNullable<RunSpec['levels']>;
  readonly embedding: RunSpec['embedding'];
  /** Volunteers a path. */
  readonly replicas: number;
  /** As a run's spec has it; `domains`: whole domains in groups of equal size, known at test too: no router. */
  readonly routing: {
    readonly kind: RunSpec['routing']['kind'] | 'domains';
    readonly overlap: number;
    readonly rounds: number;
    /** What a router reads of a prefix: the mean hidden state under the base, or how often each byte comes. */
    readonly features: 'hidden' | 'histogram';
    /** How far the shards of a re-sharding are pulled from the labels' own shares (0) to equal ones (1); the product has 0.5. */
    readonly evenness: number;
  };
  /** Told too: how each path would answer as it was when it was best on its own held-out documents; all train on. */
  readonly early: boolean;
  /** The product's early stopping: looks without a gain after which a path is not trained any more. Null trains all. */
  readonly patience: number | null;
}

/** Looks in the course of a run: at some test documents, and where paths stop early at their held-out ones. */
export const LOOKS = 8;

interface Size {
  readonly model: { width: number; blocks: number; heads: number; context: number };
  readonly wide: number;
  readonly base: Pick<Base, 'steps' | 'batch' | 'learningRate' | 'cutFrom'>;
  readonly steps: number;
  readonly learningRate: number;
  /** Experts of the two levels of the base setting; of the larger grid. */
  readonly grid: readonly [number, number];
  readonly big: readonly [number, number];
  readonly testEvery: number;
}

/** The mature base of the native pilots. */
const FULL: Size = {
  model: { width: 64, blocks: 4, heads: 2, context: 128 },
  wide: 112,
  base: { steps: 2500, batch: 16, learningRate: 4e-3, cutFrom: 4000 },
  steps: 1000,
  learningRate: 1e-3,
  grid: [2, 4],
  big: [4, 4],
  testEvery: 1,
};

const QUICK: Size = {
  model: { width: 32, blocks: 2, heads: 2, context: 64 },
  wide: 48,
  base: { steps: 1000, batch: 16, learningRate: 8e-3, cutFrom: 1600 },
  steps: 300,
  learningRate: 2e-3,
  grid: [2, 2],
  big: [2, 4],
  testEvery: 4,
};

const INNER = { warmupSteps: 50, weightDecay: 0.1, clipNorm: 1, batch: 8 };
const NESTEROV: ArmConfig['outer'] = { kind: 'nesterov', learningRate: 0.7, momentum: 0.9, average: 'mean' };
/** The settings that make one worker alone plain AdamW. */
const AVERAGING: ArmConfig['outer'] = { kind: 'averaging', learningRate: 1, momentum: 0, average: 'mean' };

const half = ({ model }: Size): number => model.blocks / 2;
const levelsOf = (size: Size, experts: readonly number[]): ArmConfig['levels'] =>
  experts.map((count) => ({ experts: count, blocks: half(size) }));
const one = ({ model }: Size): ArmConfig['levels'] => [{ experts: 1, blocks: model.blocks }];
const flat = ({ model }: Size, paths: number): Change => ({
  levels: [{ experts: paths, blocks: model.blocks }],
  embedding: 'path',
  outer: AVERAGING,
});

type Change = Partial<Omit<ArmConfig, 'inner' | 'routing' | 'corpus' | 'model' | 'outer'>> & {
  readonly inner?: Partial<Inner>;
  readonly outer?: Partial<ArmConfig['outer']>;
  readonly routing?: Partial<ArmConfig['routing']>;
  readonly corpus?: Partial<ArmConfig['corpus']>;
  readonly width?: number;
};

const baseConfig = (size: Size): ArmConfig => ({
  model: { ...size.model, vocabulary: BYTE_VOCABULARY, tied: true },
  corpus: { every: 1, scarce: 'military-manual', scarceEvery: 5 },
  testEvery: size.testEvery,
  base: { ...INNER, ...size.base },
  inner: { ...INNER, steps: 25, learningRate: size.learningRate },
  totalSteps: size.steps,
  outer: NESTEROV,
  exchange: 'deltas',
  levels: levelsOf(size, size.grid),
  embedding: 'shared',
  replicas: 1,
  routing: { kind: 'discriminative', overlap: 1, rounds: 1, features: 'hidden', evenness: 0 },
  early: false,
  patience: null,
});

const product = ([a, b]: readonly [number, number]): number => a * b;
const name = ([a, b]: readonly [number, number]): string => `${a}×${b}`;
const KMEANS: Change = { routing: { kind: 'kmeans' } };
const DOMAINS: Change = { routing: { kind: 'domains' } };
const QUARTER: Change = { corpus: { every: 4 } };
const HALF: Change = { corpus: { every: 2 } };
const STOPPING: Change = { patience: 2 };

/** One factor at a time around the base setting `grid`. */
function changes(size: Size): Record<string, readonly [about: string, change: Change]> {
  const { grid, big, steps, learningRate } = size;
  const [paths, many] = [product(grid), product(big)];
  const dense: Change = { levels: one(size), outer: AVERAGING };
  const diloco = (replicas: number): Change => ({ levels: one(size), replicas });
  const [halfRate, doubleRate] = [0.5, 2].map((times): Change => ({ inner: { learningRate: times * learningRate } }));
  const larger: Change = { levels: levelsOf(size, big), embedding: 'level' };
  const smaller: Change = { levels: levelsOf(size, [2, 2]) };
  const level: Change = { embedding: 'level' };
  const withPrivate = (experts: readonly [number, number]): Change =>
    half(size) === 1
      ? { levels: levelsOf(size, experts), embedding: 'path' }
      : {
          levels: ['path' as const, ...experts, 'path' as const].map((count) => ({ experts: count, blocks: 1 })),
          embedding: 'path',
        };
  return {
    dense: ['dense, the size of a path', dense],
    'dense-half': ['dense, rate ×½', { ...dense, ...halfRate }],
    'dense-double': ['dense, rate ×2', { ...dense, ...doubleRate }],
    diloco: [`DiLoCo, ${paths} replicas`, diloco(paths)],
    'diloco-half': [`DiLoCo, ${paths} replicas, rate ×½`, { ...diloco(paths), ...halfRate }],
    'diloco-double': [`DiLoCo, ${paths} replicas, rate ×2`, { ...diloco(paths), ...doubleRate }],
    kmeans: [`${name(grid)}, balanced k-means`, KMEANS],
    grid: [`${name(grid)}, re-sharded once (base setting)`, { early: true }],
    random: [`${name(grid)}, random shards`, { routing: { kind: 'random' } }],
    domains: [`${name(grid)}, true domains`, DOMAINS],
    big: [`${name(big)}, re-sharded, embedding with the first level`, { ...larger, early: true }],
    flat: [`flat mixture of ${paths}, balanced k-means`, { ...flat(size, paths), ...KMEANS }],
    'flat-reshard': [`flat mixture of ${paths}, re-sharded`, flat(size, paths)],
    private: [`${name(grid)}, re-sharded, private modules`, withPrivate(grid)],
    halfway: [`${name(grid)}, re-sharded halfway to equal shares, as the product does`, { routing: { evenness: 0.5 } }],
    histogram: [`${name(grid)}, re-sharded, routed by byte histograms`, { routing: { features: 'histogram' } }],
    overlap: [`${name(grid)}, re-sharded, documents in two shards each`, { routing: { overlap: 2 } }],
    'scarce-dense': ['dense on a quarter of the data', { ...dense, ...QUARTER }],
    'scarce-diloco': ['DiLoCo on a quarter of the data, 4 replicas', { ...diloco(4), ...QUARTER }],
    'scarce-small': [
      '2×2 on a quarter of the data, embedding with the first level',
      { ...smaller, ...level, ...QUARTER, early: true },
    ],
    'scarce-patience': [
      '2×2 on a quarter of the data, embedding with the first level, paths stopped early',
      { ...smaller, ...level, ...QUARTER, ...STOPPING },
    ],
    'half-dense': ['dense on half of the data', { ...dense, ...HALF }],
    'half-diloco': [`DiLoCo on half of the data, ${paths} replicas`, { ...diloco(paths), ...HALF }],
    'half-grid': [`${name(grid)} on half of the data, embedding with the first level`, { ...level, ...HALF }],
    'small-kmeans': ['2×2, balanced k-means', { ...smaller, ...KMEANS }],
    small: ['2×2, re-sharded', smaller],
    'diloco-big': [`DiLoCo, ${many} replicas`, diloco(many)],
    level: [`${name(grid)}, re-sharded, embedding with the first level`, level],
    'dense-wide': ['dense, about the size of all modules', { ...dense, width: size.wide }],
    patience: [`${name(grid)}, re-sharded, paths stopped early`, STOPPING],
    'diloco-small': ['DiLoCo, 4 replicas', diloco(4)],
    'diloco-small-half': ['DiLoCo, 4 replicas, rate ×½', { ...diloco(4), ...halfRate }],
    'diloco-small-double': ['DiLoCo, 4 replicas, rate ×2', { ...diloco(4), ...doubleRate }],
    'diloco-big-half': [`DiLoCo, ${many} replicas, rate ×½`, { ...diloco(many), ...halfRate }],
    'diloco-big-double': [`DiLoCo, ${many} replicas, rate ×2`, { ...diloco(many), ...doubleRate }],
    twice: [`${name(grid)}, re-sharded twice`, { routing: { rounds: 2 } }],
    product: [`${name(grid)}, balanced product k-means`, { routing: { kind: 'product' } }],
    sqrt: [`${name(grid)}, rescaled by √paths (capped)`, { outer: { average: 'sqrt' } }],
    'every-step': [
      '2×2, balanced k-means, gradients exchanged every step',
      { ...smaller, ...KMEANS, exchange: 'gradients', inner: { steps: 1 } },
    ],
    'dense-long': [`dense, ${paths} times the steps`, { ...dense, totalSteps: paths * steps }],
    'scarce-big': [
      `${name(big)} on a quarter of the data, embedding with the first level`,
      { ...larger, ...QUARTER, early: true },
    ],
    'scarce-big-patience': [
      `${name(big)} on a quarter of the data, embedding with the first level, paths stopped early`,
      { ...larger, ...QUARTER, ...STOPPING },
    ],
    'private-big': [`${name(big)}, re-sharded, private modules`, withPrivate(big)],
    'flat-big': [`flat mixture of ${many}, balanced k-means`, { ...flat(size, many), ...KMEANS }],
    even: [`${name(grid)}, re-sharded to equal shares`, { routing: { evenness: 1 } }],
    radial: [`${name(grid)}, radial averaging`, { outer: { average: 'radial' } }],
    'domains-flat': [`flat mixture of ${paths}, true domains`, { ...flat(size, paths), ...DOMAINS }],
    'scarce-grid': [`${name(grid)} on a quarter of the data, embedding with the first level`, { ...level, ...QUARTER }],
    'diloco-64': ['DiLoCo, 64 replicas', diloco(64)],
    grid8x8: [
      '8×8, re-sharded, embedding with the first level',
      { levels: levelsOf(size, [8, 8]), embedding: 'level' },
    ],
  };
}

/** Arms of the main claims: computed before all others. */
const FIRST = new Set([
  ...['dense', 'dense-half', 'dense-double', 'diloco', 'diloco-half', 'diloco-double', 'kmeans', 'grid', 'random'],
  ...['domains', 'big', 'flat', 'flat-reshard', 'private', 'halfway', 'histogram', 'overlap', 'small-kmeans', 'small'],
  ...['scarce-dense', 'scarce-diloco', 'scarce-small', 'scarce-patience', 'half-dense', 'half-diloco', 'half-grid'],
  'diloco-big',
]);

/** Arms that the quick version leaves out beside those. Its grid is 2×2. */
const NOT_QUICK = new Set([
  ...['dense-half', 'dense-double', 'diloco-half', 'diloco-double', 'diloco-big', 'dense-wide'],
  ...['flat-reshard', 'histogram', 'halfway', 'small-kmeans', 'small', 'level'],
  ...['scarce-dense', 'scarce-diloco', 'scarce-small', 'scarce-patience', 'half-dense', 'half-diloco', 'half-grid'],
  ...['twice', 'product', 'every-step'],
]);

/** Beyond six hours on two cores; no main claim rests on these alone. */
const LONG = new Set([
  ...['patience', 'diloco-small', 'diloco-small-half', 'diloco-small-double', 'diloco-big-half', 'diloco-big-double'],
  ...['sqrt', 'dense-long', 'scarce-big'],
  ...['scarce-big-patience', 'private-big', 'flat-big', 'even', 'radial', 'domains-flat', 'scarce-grid', 'diloco-64'],
  'grid8x8',
]);

export interface Settings {
  readonly base: ArmConfig;
  readonly arms: Readonly<Record<string, Arm>>;
}

export function settings(quick: boolean): Settings {
  const size = quick ? QUICK : FULL;
  const base = baseConfig(size);
  const arms: Record<string, Arm> = {};
  for (const [arm, [about, { inner, outer, routing, corpus, width, ...change }]] of Object.entries(changes(size))) {
    if (quick && (NOT_QUICK.has(arm) || LONG.has(arm))) continue;
    const config: ArmConfig = {
      ...base,
      ...change,
      model: { ...base.model, width: width ?? base.model.width },
      inner: { ...base.inner, ...inner },
      outer: { ...base.outer, ...outer },
      routing: { ...base.routing, ...routing },
      corpus: { ...base.corpus, ...corpus },
    };
    arms[arm] = { about, config: config as unknown as Json, ...whenOf(arm, FIRST, LONG) };
  }
  return { base, arms };
}
