import type { Json } from '@pathfold/coordination/work-plan';
import { AsyncSpec, type Mode, type OuterSpec, type RunSpec } from '@pathfold/protocol/run-spec';
import { BYTE_VOCABULARY } from '../byte-corpus.ts';
import type { Base, Inner } from '../diloco/settings.ts';
import type { Arm } from '../study.ts';
import type { Churn } from './churn.ts';
import { type Level, SPEEDS, slowest, speedsOf } from './speeds.ts';
import { TOY_ARMS } from './toy/settings.ts';

/** All that decides one arm on text, beside the seed. */
export interface AsyncConfig {
  readonly model: RunSpec['model'];
  readonly corpus: 'starter, bytes';
  /** Trained first by one worker: that of the DiLoCo study, and shared with it. */
  readonly base: Base;
  readonly inner: Inner;
  /** Steps of each worker, on average. */
  readonly totalSteps: number;
  readonly outer: OuterSpec;
  readonly mode: Mode;
  readonly async: AsyncSpec;
  /** Leases that the run gives out at once. */
  readonly replicas: number;
  /** Seconds that a step takes each worker. */
  readonly speeds: readonly number[];
  readonly churn: Churn | null;
}

interface Size {
  readonly model: { width: number; blocks: number; heads: number; context: number };
  readonly base: { readonly steps: number; readonly learningRate: number };
  readonly steps: number;
  readonly learningRate: number;
}

/** The short base of the native pilots, H = 50, four workers, 4,000 local steps in all. */
const FULL: Size = {
  model: { width: 64, blocks: 4, heads: 2, context: 128 },
  base: { steps: 300, learningRate: 2e-3 },
  steps: 1000,
  learningRate: 4e-3,
};

/** The second model size, on which the number of workers grows; and that of the quick version. */
const SMALL: Size = {
  model: { width: 32, blocks: 2, heads: 2, context: 64 },
  base: { steps: 200, learningRate: 4e-3 },
  steps: 1000,
  learningRate: 8e-3,
};
const QUICK: Size = { ...SMALL, steps: 320 };

const H = 50;
/** A quick run is short: as many rounds of fewer steps. */
const QUICK_H = 16;
const INNER = { warmupSteps: 50, weightDecay: 0.1, clipNorm: 1, batch: 8 };
const WORKERS = 4;

const baseConfig = ({ model, base, steps, learningRate }: Size, h: number): AsyncConfig => ({
  model: { ...model, vocabulary: BYTE_VOCABULARY, tied: true },
  corpus: 'starter, bytes',
  base: { ...INNER, ...base },
  inner: { ...INNER, steps: h, learningRate },
  totalSteps: steps,
  outer: { kind: 'nesterov', learningRate: 0.7, momentum: 0.9, average: 'mean' },
  mode: 'async',
  async: AsyncSpec.parse({ grace: 0.1 }),
  replicas: WORKERS,
  speeds: SPEEDS.very,
  churn: null,
});

interface Change {
  readonly size?: Size;
  readonly mode?: 'sync';
  readonly outer?: Partial<OuterSpec>;
  readonly async?: Partial<AsyncSpec>;
  readonly level?: Level;
  readonly workers?: number;
  readonly batch?: number;
  readonly rate?: number;
  /** 30 % of the workers leave in the time of a round, 70 % of them with a word. */
  readonly churn?: true;
}

/** Each arrival is a whole step of Nesterov (a buffer of one), at a part of the rate: so many arrive in a round's time. */
const naive = (workers: number): Change => ({
  async: { grace: 0, buffer: 1, dynamicSteps: false },
  outer: { learningRate: 0.7 / workers },
});
const NAIVE = naive(WORKERS);
const FEDBUFF: Change = { async: { grace: 0, quorum: 4, buffer: 4, dynamicSteps: false } };
/** A share of a plain step at each arrival: with four workers η 1 is 0.25 an arrival. */
const sgd = (learningRate: number): Change => ({
  async: { grace: 0, dynamicSteps: false },
  outer: { kind: 'sgd', learningRate, momentum: 0 },
});
const ALONE: Change = { mode: 'sync', workers: 1, outer: { kind: 'averaging', learningRate: 1, momentum: 0 } };
const EVEN = { level: 'none' } as const;
const SMALL_CHURN = { size: SMALL, ...EVEN, churn: true } as const;

/** One factor at a time around `window`, delayed Nesterov with DyLU and a grace period; the first arms decide most. */
const CHANGES: Record<string, readonly [about: string, change: Change]> = {
  sync: ['synchronous DiLoCo', { mode: 'sync' }],
  window: ['DN + DyLU, grace 0.1 of a task', {}],
  'no-window': ['DN + DyLU, grace 0', { async: { grace: 0 } }],
  'half-window': ['DN + DyLU, grace 0.05', { async: { grace: 0.05 } }],
  naive: ['async Nesterov, η 0.175', NAIVE],
  'naive-even': ['async Nesterov, η 0.175, equal speeds', { ...NAIVE, ...EVEN }],
  beta05: ['DN + DyLU, grace 0, β 0.5', { async: { grace: 0 }, outer: { momentum: 0.5 } }],
  fedbuff: ['FedBuff, 4 arrivals', FEDBUFF],
  dn: ['DN without DyLU, grace 0.1', { async: { dynamicSteps: false } }],
  'window-none': ['DN + DyLU, grace 0.1, equal speeds', EVEN],
  'window-moderate': ['DN + DyLU, grace 0.1, moderate', { level: 'moderate' }],
  'window-slight': ['DN + DyLU, grace 0.1, slight', { level: 'slight' }],
  'window-browser': ['DN + DyLU, grace 0.1, browsers', { level: 'browser' }],
  'naive-07': ['async Nesterov, η 0.7', { ...NAIVE, outer: { learningRate: 0.7 } }],
  sgd: ['async SGD, η 1 (0.25 an arrival)', sgd(1)],
  'sgd-low': ['async SGD, η 0.5', sgd(0.5)],
  'sgd-high': ['async SGD, η 1.5', sgd(1.5)],
  'sync-sgd': ['synchronous, outer SGD, η 1', { mode: 'sync', outer: { kind: 'sgd', learningRate: 1, momentum: 0 } }],
  'naive-dylu': ['async Nesterov + DyLU, η 0.175', { ...NAIVE, async: { ...NAIVE.async, dynamicSteps: true } }],
  poly: ['async Nesterov, η 0.175, staleness weights', { ...NAIVE, async: { ...NAIVE.async, stalenessPower: 0.5 } }],
  spread: ['DN + DyLU, grace 0.1, c = 0.1', { async: { momentumSpread: 0.4 } }],
  quorum2: ['DN + DyLU, grace 0.1, quorum 2', { async: { quorum: 2 } }],
  radial: ['DN + DyLU, grace 0.1, radial averaging', { outer: { average: 'radial' } }],
  'sync-churn': ['synchronous, churn', { mode: 'sync', ...EVEN, churn: true }],
  'window-churn': ['DN + DyLU, grace 0.1, churn', { ...EVEN, churn: true }],
  'naive-churn': ['async Nesterov, η 0.175, churn', { ...NAIVE, ...EVEN, churn: true }],
  'small-sync': ['small: synchronous, equal speeds', { size: SMALL, mode: 'sync', ...EVEN }],
  'small-window': ['small: DN + DyLU, grace 0.1', { size: SMALL }],
  'small-naive': ['small: async Nesterov, η 0.175', { ...NAIVE, size: SMALL }],
  'small-infinite': [
    'small: DN, infinite grace, equal speeds',
    { size: SMALL, ...EVEN, async: { grace: 1e6, dynamicSteps: false } },
  ],
  'small-even': [
    'small: DN, grace 0, equal speeds',
    { size: SMALL, ...EVEN, async: { grace: 0, dynamicSteps: false } },
  ],
  'small-sync8': ['small: synchronous, 8 workers', { size: SMALL, mode: 'sync', ...EVEN, workers: 8 }],
  'small-window8': ['small: DN + DyLU, grace 0.1, 8 workers', { size: SMALL, workers: 8 }],
  'small-window16': ['small: DN + DyLU, grace 0.1, 16 workers', { size: SMALL, workers: 16 }],
  'small-sync16': ['small: synchronous, 16 workers', { size: SMALL, mode: 'sync', ...EVEN, workers: 16 }],
  'small-naive8': ['small: async Nesterov, η 0.0875, 8 workers', { ...naive(8), size: SMALL, workers: 8 }],
  'small-naive16': ['small: async Nesterov, η 0.044, 16 workers', { ...naive(16), size: SMALL, workers: 16 }],
  'small-sync-churn': ['small: synchronous, churn', { mode: 'sync', ...SMALL_CHURN }],
  'small-window-churn': ['small: DN + DyLU, grace 0.1, churn', SMALL_CHURN],
  'small-naive-churn': ['small: async Nesterov, η 0.175, churn', { ...NAIVE, ...SMALL_CHURN }],
  'small-sgd-churn': ['small: async SGD, η 1, churn', { ...sgd(1), ...SMALL_CHURN }],
  'small-fedbuff-churn': ['small: FedBuff, 4 arrivals, churn', { ...FEDBUFF, ...SMALL_CHURN }],
  'small-dn-churn': ['small: DN without DyLU, grace 0.1, churn', { ...SMALL_CHURN, async: { dynamicSteps: false } }],
  'small-batch4': ['small: one worker, batch ×4, rate ×2', { ...ALONE, size: SMALL, batch: 4, rate: 2 }],
  'small-batch16': ['small: one worker, batch ×16, rate ×2', { ...ALONE, size: SMALL, batch: 16, rate: 2 }],
};

/** The quick version: each method once at one size, without a grace period and with an infinite one, and under churn. */
const IN_QUICK = new Set([
  ...['sync', 'window', 'no-window', 'small-sync', 'small-infinite', 'naive', 'sgd', 'fedbuff', 'dn'],
  ...['sync-churn', 'window-churn'],
]);

export interface Settings {
  readonly base: AsyncConfig;
  readonly arms: Readonly<Record<string, Arm>>;
}

function configOf(base: AsyncConfig, { level = 'very', workers = WORKERS, ...change }: Change): AsyncConfig {
  const speeds = workers === WORKERS ? SPEEDS[level] : workers === 1 ? [1] : speedsOf(level, workers);
  const { batch = 1, rate = 1, churn, mode = 'async' } = change;
  const { inner } = base;
  return {
    ...base,
    inner: { ...inner, batch: batch * inner.batch, learningRate: rate * inner.learningRate },
    outer: { ...base.outer, ...change.outer },
    mode,
    async: { ...base.async, ...change.async },
    // A vanished worker holds its lease until its silence is noticed.
    replicas: churn && mode === 'async' ? 2 * workers : workers,
    speeds,
    churn: churn ? { everySeconds: inner.steps * slowest(speeds), part: 0.3, announced: 0.7 } : null,
  };
}

export function settings(quick: boolean): Settings {
  const base = quick ? baseConfig(QUICK, QUICK_H) : baseConfig(FULL, H);
  const arms: Record<string, Arm> = {};
  for (const [name, [about, { size, ...change }]] of Object.entries(CHANGES)) {
    if (quick && !IN_QUICK.has(name)) continue;
    const from = size && !quick ? baseConfig(size, H) : base;
    arms[name] = { about, config: configOf(from, change) as unknown as Json };
  }
  return { base, arms: quick ? arms : { ...arms, ...TOY_ARMS } };
}
