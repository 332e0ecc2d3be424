import type { SimulatedKind } from '@pathfold/coordination/simulator/kind';
import { evaluatePlan } from './plan.ts';

/** Evaluation as the simulator takes it. */
export const simulatedEvaluate: SimulatedKind = {
  plan: evaluatePlan,
  watch: () => ({ see: () => null, look: () => null }),
  fold: () => ({ modules: [], figures: null, result: null }),
};
