import type { ModelSpec } from '@pathfold/protocol/run-spec';

/**
 * Multiplications and additions that one token costs a path of so many parameters without a gradient: two a parameter of
 * its matrices (the embedding is looked up, tied it is the head's matrix), and attention over half a context on average.
 */
export function forwardFlops({ width, blocks, context, vocabulary, tied }: ModelSpec, parameters: number): number {
  const multiplied = parameters - (tied ? 0 : vocabulary * width);
  return 2 * multiplied + 2 * blocks * context * width;
}

/** The same with the gradient, which costs twice as much again; three times where activations are computed anew. */
export const trainingFlops = (model: ModelSpec, parameters: number, recompute: boolean): number =>
  (recompute ? 4 : 3) * forwardFlops(model, parameters);
