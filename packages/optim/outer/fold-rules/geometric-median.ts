import { distance, type FoldRule } from './rule.ts';

const ITERATIONS = 16;
/** Smallest distance that divides, in parts of the largest one from the start. */
const SMOOTHING = 1e-6;

/**
 * Geometric median: the point with the least sum of distances, by the smoothed Weiszfeld algorithm (RFA, Pillutla et
 * al., arXiv 1912.13445, algorithm 2) with equal weights, from their plain mean on. Of two contributions it is the middle.
 */
export const geometricMedian: FoldRule = async (sent, { length }) => {
  let point = await weightedMean(sent.map(() => 1));
  let least = 0;
  for (let iteration = 0; iteration < ITERATIONS; iteration++) {
    const distances: number[] = [];
    for (const one of sent) distances.push(distance(await one.values(0, length), point));
    if (iteration === 0) least = SMOOTHING * Math.max(...distances);
    if (least === 0) break;
    point = await weightedMean(distances.map((far) => 1 / Math.max(least, far)));
  }
  return Float32Array.from(point);

  async function weightedMean(weights: readonly number[]): Promise<Float64Array> {
    const whole = weights.reduce((sum, weight) => sum + weight, 0);
    const mean = new Float64Array(length);
    for (const [index, one] of sent.entries()) {
      const values = await one.values(0, length);
      for (let i = 0; i < length; i++) mean[i]! += (weights[index]! / whole) * values[i]!;
    }
    return mean;
  }
};
