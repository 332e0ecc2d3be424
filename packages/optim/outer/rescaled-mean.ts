import { normOf, WeightedMean } from './fold.ts';

/**
 * The mean times the square root of the number of paths that it is over (DiPaCo section 2.2, line 10): deltas that are
 * orthogonal shrink by that much when they are averaged. Those that agree do not, and are not blown up: the result is
 * never larger than the mean of the norms.
 */
export class RescaledMean {
  readonly #mean: WeightedMean;
  readonly #paths: number;

  constructor(length: number, paths: number) {
    this.#mean = new WeightedMean(length);
    this.#paths = paths;
  }

  /** As that of WeightedMean. */
  add(delta: Float32Array, weight: number, scale: number): void {
    this.#mean.add(delta, weight, scale);
  }

  get cosine(): number | null {
    return this.#mean.cosine;
  }

  mean(): Float32Array {
    const mean = this.#mean.mean();
    const norm = normOf(mean);
    if (norm === 0) return mean;
    const factor = Math.min(Math.sqrt(this.#paths), this.#mean.meanNorm / norm);
    for (let i = 0; i < mean.length; i++) mean[i]! *= factor;
    return mean;
  }
}
