import type { Json } from '@pathfold/coordination/work-plan';
import type { Arm } from '../../study.ts';

/** The released toy (core sheet 3.6): all that decides one arm, beside the seed. */
export interface ToyConfig {
  readonly toy: 'mixture';
  readonly points: number;
  /** Gaussians of each of the four classes. */
  readonly gaussians: number;
  readonly hidden: number;
  /** Tasks of each worker, on average. */
  readonly phases: number;
  /** Seconds that those who are done wait for others; null: for all, whose mean is then one step. */
  readonly graceSeconds: number | null;
  readonly outer: { readonly learningRate: number; readonly momentum: number };
  /** Factor of an arrival. */
  readonly scale: number;
}

/** Big data and a wide net: outer gradients of the workers are nearly orthogonal. */
const LARGE = { toy: 'mixture', points: 128_000, gaussians: 8, hidden: 65_000 } as const;
const SMALL = { toy: 'mixture', points: 4096, gaussians: 1, hidden: 128 } as const;
const SYNC = { phases: 5, graceSeconds: null, outer: { learningRate: 0.7, momentum: 0.9 }, scale: 1 };
const ASYNC = { phases: 100, graceSeconds: 0.5, outer: { learningRate: 0.07, momentum: 0.9 }, scale: Math.sqrt(4) / 4 };

const arm = (about: string, config: ToyConfig): Arm => ({ about, config: config as unknown as Json, seeds: 1 });

/** In the order of what they decide for their cost. */
export const TOY_ARMS: Readonly<Record<string, Arm>> = {
  'toy-small': arm('toy, small: synchronous, 5 phases', { ...SMALL, ...SYNC }),
  'toy-sync': arm('toy: synchronous, 5 phases', { ...LARGE, ...SYNC }),
  'toy-async': arm('toy: async Nesterov, η 0.07, 100 phases', { ...LARGE, ...ASYNC }),
};
