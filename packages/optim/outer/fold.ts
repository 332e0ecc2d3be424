/**
 * Weighted mean of deltas (DiLoCo, arXiv 2311.08105, Algorithm 1), summed in double precision in the order of `add`: the same
 * order gives the same bits.
 */
export class WeightedMean {
  #sum: Float64Array;
  #weight = 0;
  /** Moments of the sizes weight * |scale * delta|: their sum, the sum of their squares, their number. */
  #sizes = 0;
  #squares = 0;
  #count = 0;

  constructor(length: number) {
    this.#sum = new Float64Array(length);
  }

  /** Adds `scale * delta` with `weight`; both are finite, `weight` > 0. */
  add(delta: Float32Array, weight: number, scale: number): void {
    const sum = this.#sum;
    if (delta.length !== sum.length) throw new Error(`a delta of ${delta.length} values where ${sum.length} belong`);
    const factor = weight * scale;
    for (let i = 0; i < sum.length; i++) sum[i]! += factor * delta[i]!;
    this.#weight += weight;
    const size = Math.abs(factor) * normOf(delta);
    this.#sizes += size;
    this.#squares += size ** 2;
    this.#count++;
  }

  /** Sum of the weights so far. */
  get weight(): number {
    return this.#weight;
  }

  /** Weighted mean of the norms of what was added. */
  get meanNorm(): number {
    return this.#sizes / this.#weight;
  }

  /** How the deltas agree: the cosine of their pairs, averaged by their sizes; null for a single one. */
  get cosine(): number | null {
    const pairs = this.#sizes ** 2 - this.#squares;
    if (this.#count < 2 || !(pairs > 0)) return null;
    // |sum|^2 = sum of squares + 2 * sum over pairs of a_i a_j cos_ij.
    const whole = this.#sum.reduce((total, value) => total + value * value, 0);
    return (whole - this.#squares) / pairs;
  }

  /** The mean, rounded once to single precision. */
  mean(): Float32Array {
    if (!(this.#weight > 0)) throw new Error('a mean of no contributions');
    const mean = new Float32Array(this.#sum.length);
    for (let i = 0; i < mean.length; i++) mean[i] = this.#sum[i]! / this.#weight;
    return mean;
  }
}

/** Euclidean norm in double precision. Finite exactly when every value is: no square of a float32 overflows a double. */
export const normOf = (values: Float32Array): number => {
  let [a, b, c, d] = [0, 0, 0, 0];
  const whole = values.length & ~3;
  for (let i = 0; i < whole; i += 4) {
    a += values[i]! * values[i]!;
    b += values[i + 1]! * values[i + 1]!;
    c += values[i + 2]! * values[i + 2]!;
    d += values[i + 3]! * values[i + 3]!;
  }
  for (let i = whole; i < values.length; i++) a += values[i]! * values[i]!;
  return Math.sqrt(a + b + c + d);
};
