import type { Json } from '@pathfold/coordination/work-plan';
import type { RunSpec } from '@pathfold/protocol/run-spec';
import { BYTE_VOCABULARY } from '../byte-corpus.ts';
import { type Arm, whenOf } from '../study.ts';

/** A volunteer loses its contribution with probability `share`, and goes on from its own parameters or from the run's. */
export interface Losses {
  readonly share: number;
  readonly from: 'own' | 'run';
}

/** Inner steps as a run's spec has them: `steps` is H. */
export interface Inner {
  readonly steps: number;
  readonly learningRate: number;
  readonly warmupSteps: number;
  readonly weightDecay: number;
  readonly clipNorm: number;
  /** Sequences a step. */
  readonly batch: number;
}

/** `cutFrom`: the steps of the schedule that it leaves half-way, its learning rate still high; its own where left out. */
export type Base = Inner & { readonly cutFrom?: number };

type Outer = Pick<RunSpec['outer'], 'kind' | 'learningRate' | 'momentum'>;

/** All that decides one arm, beside the seed. */
export interface ArmConfig {
  readonly model: RunSpec['model'];
  readonly corpus: 'starter, bytes';
  /** Trained first by one worker: the arms of a seed share it. */
  readonly base: Base;
  readonly inner: Inner;
  readonly totalSteps: number;
  readonly outer: Omit<RunSpec['outer'], 'average'>;
  /** Workers in the rounds of the run, evenly spread over it: [4, 8] is four in the first half, eight in the second. */
  readonly workers: readonly number[];
  readonly shards: 'iid' | 'k-means' | 'domains';
  readonly losses: Losses;
  /** Share of each neuron's values of an outer gradient, the smallest, that are not sent. */
  readonly pruned: number;
  /** Factor of outer gradients before they are sent: to Adam it is an ε so many times smaller. */
  readonly scale: number;
  readonly moments: 'kept' | 'averaged';
}

type Model = { width: number; blocks: number; heads: number; context: number };

interface Size {
  readonly model: Model;
  readonly base: { readonly steps: number; readonly learningRate: number };
  readonly steps: number;
  readonly learningRate: number;
}

/** The short base of the native pilots. A byte is a token; one more ends documents. */
const FULL: Size = {
  model: { width: 64, blocks: 4, heads: 2, context: 128 },
  base: { steps: 300, learningRate: 2e-3 },
  steps: 1000,
  learningRate: 4e-3,
};

const QUICK: Size = {
  model: { width: 32, blocks: 2, heads: 2, context: 64 },
  base: { steps: 200, learningRate: 4e-3 },
  steps: 300,
  learningRate: 8e-3,
};

const H = 25;
const WARM_UP = 50;
const BATCH = 8;
const AVERAGING: Outer = { kind: 'averaging', learningRate: 1, momentum: 0 };
const NESTEROV: Outer = { kind: 'nesterov', learningRate: 0.7, momentum: 0.9 };

type Change = Partial<Omit<ArmConfig, 'inner'>> & { readonly inner?: Partial<ArmConfig['inner']> };

const INNER = { warmupSteps: WARM_UP, weightDecay: 0.1, clipNorm: 1, batch: BATCH };

const baseConfig = ({ model, base, steps, learningRate }: Size): ArmConfig => ({
  model: { ...model, vocabulary: BYTE_VOCABULARY, tied: true },
  corpus: 'starter, bytes',
  base: { ...INNER, ...base },
  inner: { ...INNER, steps: H, learningRate },
  totalSteps: steps,
  outer: NESTEROV,
  workers: [4],
  shards: 'iid',
  losses: { share: 0, from: 'run' },
  pruned: 0,
  scale: 1,
  moments: 'kept',
});

/** The mature base of the native pilots, which the main phase follows with a lower rate. */
const MATURE: Base = { ...INNER, steps: 2500, learningRate: 4e-3, batch: 16, cutFrom: 4000 };
const onMature = { base: MATURE, inner: { learningRate: 1e-3 } };

const one = { workers: [1], outer: AVERAGING };
const times = (size: Size, factor: number, rate: number): Change => ({
  ...one,
  inner: { batch: factor * BATCH, learningRate: rate * size.learningRate },
});
const ramp = [1, 2, 3, 4];
/** Bytes of a step are the same from the first to the last. */
const BYTES_STEPS = 50;

/** One factor at a time around the base setting `k4`. */
const changes = (size: Size): Record<string, readonly [about: string, change: Change]> => ({
  single: ['one worker', one],
  k4: ['DiLoCo, k = 4 (base setting)', {}],
  k8: ['DiLoCo, k = 8', { workers: [8] }],
  'single-half': ['one worker, rate ×½', { ...one, inner: { learningRate: size.learningRate / 2 } }],
  batch4: ['one worker, batch ×4, rate ×2', times(size, 4, 2)],
  'batch4-rate4': ['one worker, batch ×4, rate ×4', times(size, 4, 4)],
  batch8: ['one worker, batch ×8, rate ×2', times(size, 8, 2)],
  'batch8-rate4': ['one worker, batch ×8, rate ×4', times(size, 8, 4)],
  averaging: ['outer averaging', { outer: AVERAGING }],
  kmeans: ['k-means shards', { shards: 'k-means' }],
  'lost50-own': ['50 % lost, on from their own θ', { losses: { share: 0.5, from: 'own' } }],
  'lost50-run': ["50 % lost, on from the run's θ", { losses: { share: 0.5, from: 'run' } }],
  'mature-single': ['one worker, mature base, rate 1e-3', { ...one, ...onMature }],
  'mature-k8': ['k = 8, mature base, rate 1e-3', { workers: [8], ...onMature }],
  'every-step': [
    `k = 4, averaged after every step, ${BYTES_STEPS} steps (for its bytes)`,
    { outer: AVERAGING, inner: { steps: 1 }, totalSteps: BYTES_STEPS },
  ],
  updates8: ['one worker, ×8 updates', { ...one, totalSteps: 8 * size.steps }],
  'k8-kmeans': ['k = 8, k-means shards', { workers: [8], shards: 'k-means' }],
  h10: ['H = 10', { inner: { steps: 10 } }],
  h50: ['H = 50', { inner: { steps: 50 } }],
  h100: ['H = 100', { inner: { steps: 100 } }],
  pruned50: ['50 % pruned', { pruned: 0.5 }],
  pruned75: ['75 % pruned', { pruned: 0.75 }],
  doubling: ['workers 2, then 4', { workers: [2, 4] }],
  halving: ['workers 4, then 2', { workers: [4, 2] }],
  moments: ["Adam's moments averaged", { moments: 'averaged' }],
  k1: ['DiLoCo, k = 1', { workers: [1] }],
  'k1-eta03': ['DiLoCo, k = 1, η 0.3', { workers: [1], outer: { ...NESTEROV, learningRate: 0.3 } }],
  'outer-adam': ['outer Adam, η 0.3, ε 0.1', { outer: { kind: 'adam', learningRate: 0.3, momentum: 0.9 } }],
  'outer-adam-e5': [
    'outer Adam, η 0.1, ε 1e-5',
    { outer: { kind: 'adam', learningRate: 0.1, momentum: 0.9 }, scale: 1e4 },
  ],
  'lost10-own': ['10 % lost, on from their own θ', { losses: { share: 0.1, from: 'own' } }],
  'lost30-own': ['30 % lost, on from their own θ', { losses: { share: 0.3, from: 'own' } }],
  'k8-domains': ['k = 8, shards of whole domains', { workers: [8], shards: 'domains' }],
  'updates8-half': [
    'one worker, ×8 updates, rate ×½',
    { ...one, totalSteps: 8 * size.steps, inner: { learningRate: size.learningRate / 2 } },
  ],
  pruned25: ['25 % pruned', { pruned: 0.25 }],
  'outer-sgd': ['outer SGD, η 0.7', { outer: { kind: 'sgd', learningRate: 0.7, momentum: 0 } }],
  'outer-momentum': [
    'outer SGD with momentum, η 0.3',
    { outer: { kind: 'momentum', learningRate: 0.3, momentum: 0.9 } },
  ],
  'ramp-up': ['workers 1 to 4', { workers: ramp }],
  'ramp-down': ['workers 4 to 1', { workers: ramp.toReversed() }],
});

/** Arms of the main claims: computed before all others. */
const FIRST = new Set([
  'single',
  'k4',
  'k8',
  'single-half',
  'batch4',
  'batch4-rate4',
  'batch8',
  'batch8-rate4',
  'averaging',
  'kmeans',
  'lost50-own',
  'lost50-run',
  'mature-single',
  'mature-k8',
  'every-step',
]);

/** Beyond three hours on two cores. */
const LONG = new Set([
  'lost10-own',
  'lost30-own',
  'k8-domains',
  'updates8-half',
  'pruned25',
  'outer-sgd',
  'outer-momentum',
  'ramp-up',
  'ramp-down',
]);

/** Arms that the quick version leaves out beside those: rates for tuning, a longer base, second arms of a claim. */
const NOT_QUICK = new Set([
  ...['mature-single', 'mature-k8', 'k1-eta03', 'single-half', 'batch4-rate4', 'batch8-rate4', 'updates8', 'k8-kmeans'],
  ...['h50', 'pruned75', 'doubling', 'halving', 'outer-adam', 'outer-adam-e5'],
]);

export interface Settings {
  readonly base: ArmConfig;
  readonly arms: Readonly<Record<string, Arm>>;
}

export function settings(quick: boolean): Settings {
  const size = quick ? QUICK : FULL;
  const base = baseConfig(size);
  const arms: Record<string, Arm> = {};
  for (const [name, [about, { inner, ...change }]] of Object.entries(changes(size))) {
    if (quick && (NOT_QUICK.has(name) || LONG.has(name))) continue;
    const config: ArmConfig = { ...base, ...change, inner: { ...base.inner, ...inner } };
    arms[name] = { about, config: config as unknown as Json, ...whenOf(name, FIRST, LONG) };
  }
  return { base, arms };
}
