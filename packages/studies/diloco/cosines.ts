import { normOf } from '@pathfold/optim/outer/fold';

function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

export const cosine = (a: Float32Array, b: Float32Array): number => dot(a, b) / (normOf(a) * normOf(b));

/** Mean cosine of all pairs of a round's outer gradients; NaN for fewer than two. */
export function meanCosine(deltas: readonly Float32Array[]): number {
  const cosines = deltas.flatMap((a, i) => deltas.slice(i + 1).map((b) => cosine(a, b)));
  return cosines.reduce((sum, value) => sum + value, 0) / cosines.length;
}

export function meanDelta(deltas: readonly Float32Array[]): Float32Array {
  const mean = new Float32Array(deltas[0]!.length);
  for (const delta of deltas) for (let i = 0; i < mean.length; i++) mean[i]! += delta[i]! / deltas.length;
  return mean;
}
