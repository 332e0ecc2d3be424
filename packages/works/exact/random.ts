import { uniform32 } from '@pathfold/nets/random';

/** Uniform numbers in [0, 1), the same in every engine. */
export function uniform(seed: number): () => number {
  const next = uniform32(seed);
  return () => next() / 2 ** 32;
}
