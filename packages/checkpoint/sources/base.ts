import type { Source } from '../new-run.ts';

/** A dense path, flat: every expert of a level starts as a copy of its part of it. */
export const fromBase =
  (theta: Float32Array): Source =>
  ({ parameterCount }, offset) =>
    theta.subarray(offset, offset + parameterCount);
