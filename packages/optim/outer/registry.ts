import { adam } from './adam.ts';
import { averaging } from './averaging.ts';
import { momentum } from './momentum.ts';
import { nesterov } from './nesterov.ts';
import type { OuterOptimizer } from './optimizer.ts';
import { sgd } from './sgd.ts';

/** As in a run's spec (`outer`). */
export interface OuterOptimizerSpec {
  readonly kind: string;
  readonly learningRate: number;
  readonly momentum: number;
  /** For Nesterov's momentum when arrivals are buffered; 0 where absent. */
  readonly momentumSpread?: number | undefined;
}

/** Every outer optimizer by the name that a run's spec uses. */
export const OUTER_OPTIMIZERS: Record<string, (spec: OuterOptimizerSpec) => OuterOptimizer> = {
  averaging,
  sgd,
  momentum,
  nesterov,
  adam,
};

/** Throws for a kind that is not in the registry. */
export const outerOptimizer = (spec: OuterOptimizerSpec): OuterOptimizer => {
  const create = Object.hasOwn(OUTER_OPTIMIZERS, spec.kind) ? OUTER_OPTIMIZERS[spec.kind] : undefined;
  if (!create) throw new Error(`there is no outer optimizer "${spec.kind}"`);
  return create(spec);
};
