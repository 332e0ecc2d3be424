import { exp, ln } from '@pathfold/tensors/plan/exact';
import type { Trace } from '@pathfold/tensors/plan/trace';
import type { Tensor } from '@pathfold/tensors/plan/types';
import { adamw } from '@pathfold/tensors/primitives/adamw/adamw';

export const ADAMW = { beta1: 0.9, beta2: 0.95, epsilon: 1e-8 } as const;

/** AdamW's memory between steps: flat moments in the layout of theta, and how many steps they have seen. */
export interface Moments {
  readonly m: Float32Array;
  readonly v: Float32Array;
  readonly steps: number;
}

export const coldMoments = (parameterCount: number): Moments => ({
  m: new Float32Array(parameterCount),
  v: new Float32Array(parameterCount),
  steps: 0,
});

/**
 * Appends one AdamW step on the state `theta`: the states `m` and `v`, and the input `rates` that `adamwRates` fills.
 * weightDecay is multiplied by the learning rate and pulls on every tensor; the gradient is clipped by its global norm.
 */
export const adamwStep = (
  t: Trace,
  theta: Tensor,
  gradient: Tensor,
  { weightDecay, clipNorm }: { readonly weightDecay: number; readonly clipNorm: number },
): void => {
  const [m, v] = [t.state('m', theta.shape), t.state('v', theta.shape)];
  const next = adamw({ theta, m, v }, gradient, t.input('rates', [3]), { ...ADAMW, weightDecay, clipNorm });
  t.update(theta, next.theta);
  t.update(m, next.m);
  t.update(v, next.v);
};

/** Input `rates` of the step after `steps` others with these moments: the same bits in every engine. */
export const adamwRates = (learningRate: number, steps: number): Float32Array => {
  const correction = (beta: number) => 1 / (1 - exp((steps + 1) * ln(beta)));
  return Float32Array.of(learningRate, correction(ADAMW.beta1), correction(ADAMW.beta2));
};
