import { normOf, WeightedMean } from './fold.ts';

/**
 * Radial-directional averaging (Decoupled DiLoCo, arXiv 2604.21428), for one module: the mean of the norms times
 * the direction of the mean of the directions. Deltas that disagree do not shrink each other, so the outer learning rate
 * need not follow their number. The plain mean where directions cancel out.
 */
export class RadialMean {
  readonly #plain: WeightedMean;
  readonly #directions: WeightedMean;
  #norms = 0;

  constructor(length: number) {
    this.#plain = new WeightedMean(length);
    this.#directions = new WeightedMean(length);
  }

  /** As that of WeightedMean. */
  add(delta: Float32Array, weight: number, scale: number): void {
    const norm = normOf(delta);
    this.#plain.add(delta, weight, scale);
    this.#directions.add(delta, weight, norm > 0 ? 1 / norm : 0);
    this.#norms += weight * scale * norm;
  }

  get cosine(): number | null {
    return this.#plain.cosine;
  }

  mean(): Float32Array {
    const direction = this.#directions.mean();
    const length = normOf(direction);
    if (length < 1e-6) return this.#plain.mean();
    const factor = this.#norms / this.#plain.weight / length;
    for (let i = 0; i < direction.length; i++) direction[i]! *= factor;
    return direction;
  }
}
