import type { Shape, Tensor } from '../plan/types.ts';

/** One use of a primitive for the battery of tests: each primitive's folder lists its own in `cases.ts`. */
export interface Case {
  readonly name: string;
  readonly inputs: readonly CaseInput[];
  build(inputs: readonly Tensor[]): readonly Tensor[];
  /** How often all that it uses can be differentiated. */
  readonly derivatives: 0 | 1 | 2;
}

export interface CaseInput {
  readonly shape: Shape;
  /** Whole numbers from 0 up to, not including, this, in place of floats. */
  readonly indicesBelow?: number;
  /** Multiplies the random values (default 1): 0 for zeros, 30 for large ones. */
  readonly scale?: number;
}

/** A float input. */
export const x = (...shape: number[]): CaseInput => ({ shape });
export const zeros = (...shape: number[]): CaseInput => ({ shape, scale: 0 });
export const large = (...shape: number[]): CaseInput => ({ shape, scale: 30 });
export const indices = (indicesBelow: number, ...shape: number[]): CaseInput => ({ shape, indicesBelow });
