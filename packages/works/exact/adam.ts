import { exp, ln } from '@pathfold/tensors/plan/exact';

const [BETA1, BETA2, EPSILON] = [0.9, 0.999, 1e-8];

/** Adam (Kingma & Ba 2015) on float32 arrays, computed in double precision: the same bits in every engine. */
export interface AdamState {
  readonly m: Float32Array;
  readonly v: Float32Array;
}

/** Step number `step`, from 1, on `theta` in place. */
export function adam(
  theta: Float32Array,
  gradient: Float32Array,
  { m, v }: AdamState,
  step: number,
  learningRate: number,
): void {
  const rate = learningRate / (1 - exp(step * ln(BETA1)));
  const correction = 1 / (1 - exp(step * ln(BETA2)));
  for (let i = 0; i < theta.length; i++) {
    const g = gradient[i]!;
    const mean = BETA1 * m[i]! + (1 - BETA1) * g;
    const square = BETA2 * v[i]! + (1 - BETA2) * g * g;
    m[i] = mean;
    v[i] = square;
    theta[i] = theta[i]! - (rate * mean) / (Math.sqrt(square * correction) + EPSILON);
  }
}
