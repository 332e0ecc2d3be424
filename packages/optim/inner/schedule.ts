import { sinCos } from '@pathfold/tensors/plan/exact';

/** Learning rate over a whole run: linear warm-up, then one cosine down to 5 % at the last step. */
export interface Schedule {
  readonly learningRate: number;
  readonly warmupSteps: number;
  readonly totalSteps: number;
}

const FLOOR = 0.05;

/** The rate of the step after `step` others, counted over the whole run: rounds do not restart it (core 1.5). */
export const learningRateAt = ({ learningRate, warmupSteps, totalSteps }: Schedule, step: number): number => {
  if (step < warmupSteps) return (learningRate * (step + 1)) / warmupSteps;
  const progress = Math.min(1, (step - warmupSteps) / Math.max(1, totalSteps - 1 - warmupSteps));
  return learningRate * (FLOOR + (1 - FLOOR) * 0.5 * (1 + sinCos(Math.PI * progress).cos));
};

/**
 * Factor on the rate of a lease that starts with empty moments: Adam's first steps move every coordinate by about the
 * whole rate, so it rises over the first tenth of the lease (core 1.5).
 */
export const coldStartFactor = (stepOfLease: number, stepsOfLease: number): number =>
  Math.min(1, (stepOfLease + 1) / Math.ceil(stepsOfLease / 10));
