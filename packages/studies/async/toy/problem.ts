import { gaussian, seedFor } from '@pathfold/nets/random';

export const CLASSES = 4;
export const DIMENSION = 512;
const NOISE = 0.5;

/** Points of a mixture of mixtures: each class is some Gaussians around centres of length one. */
export interface Problem {
  /** Rows of [x, 1] and their classes; a point is the same whenever it is asked for. */
  batch(points: readonly number[]): { readonly inputs: Float32Array; readonly targets: Int32Array };
}

export function problem(gaussians: number, seed: number): Problem {
  const count = CLASSES * gaussians;
  const centres = Array.from({ length: count }, (_, centre) => {
    const draw = gaussian(seedFor(seed, `centre ${centre}`));
    const values = Float64Array.from({ length: DIMENSION }, draw);
    const length = Math.hypot(...values);
    return values.map((value) => value / length);
  });
  return {
    batch(points) {
      const inputs = new Float32Array(points.length * (DIMENSION + 1)).fill(1);
      points.forEach((point, row) => {
        const draw = gaussian(seedFor(seed, `point ${point}`));
        const centre = centres[point % count]!;
        for (let i = 0; i < DIMENSION; i++) inputs[row * (DIMENSION + 1) + i] = centre[i]! + NOISE * draw();
      });
      return { inputs, targets: Int32Array.from(points, (point) => (point % count) % CLASSES) };
    },
  };
}
