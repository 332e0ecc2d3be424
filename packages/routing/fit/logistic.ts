import { type Rows, rowCount, rowOf } from './rows.ts';

export interface LogisticOptions {
  /** Standardised features [n, D]. */
  readonly rows: Rows;
  /** The class of each row. */
  readonly labels: readonly number[];
  readonly classes: number;
  /** Strength of the L2 penalty on the weights (not on the biases), against the mean loss of a row. */
  readonly penalty: number;
}

const STEPS = 500;
const CLOSE_ENOUGH = 1e-5;

/**
 * Multinomial logistic regression: weights [classes, D] and biases [classes] that minimise the mean cross-entropy plus
 * penalty/2 * the sum of squared weights. Full-batch accelerated gradient descent (Nesterov's, restarted where it turns
 * uphill) with the step that the curvature allows: deterministic, no randomness at all.
 */
export const fitLogistic = ({ rows, labels, classes, penalty }: LogisticOptions) => {
  const { width } = rows;
  const columns = width + 1;
  const step = 1 / (0.5 * largestCurvature(rows) + penalty);
  let theta = new Float64Array(classes * columns);
  let ahead = theta.slice();
  for (let i = 0, momentum = 1; i < STEPS; i++) {
    const gradient = gradientAt(ahead, rows, labels, classes, penalty);
    if (gradient.every((value) => Math.abs(value) < CLOSE_ENOUGH)) break;
    const next = ahead.map((value, j) => value - step * gradient[j]!);
    const uphill = gradient.reduce((sum, value, j) => sum + value * (next[j]! - theta[j]!), 0) > 0;
    const grown = uphill ? 1 : (1 + Math.sqrt(1 + 4 * momentum * momentum)) / 2;
    const carry = uphill ? 0 : (momentum - 1) / grown;
    ahead = next.map((value, j) => value + carry * (value - theta[j]!));
    theta = next;
    momentum = grown;
  }
  return {
    weights: Array.from({ length: classes }, (_, k) => Array.from(theta.subarray(k * columns, k * columns + width))),
    biases: Array.from({ length: classes }, (_, k) => theta[k * columns + width]!),
  };
};

/** The gradient of mean cross-entropy and penalty; theta [classes, D + 1], the bias last. */
const gradientAt = (
  theta: Float64Array,
  rows: Rows,
  labels: readonly number[],
  classes: number,
  penalty: number,
): Float64Array => {
  const { width } = rows;
  const columns = width + 1;
  const count = rowCount(rows);
  const gradient = new Float64Array(theta.length);
  const residual = new Float64Array(classes);
  for (let row = 0; row < count; row++) {
    const x = rowOf(rows, row);
    for (let k = 0; k < classes; k++) {
      let logit = theta[k * columns + width]!;
      for (let d = 0; d < width; d++) logit += theta[k * columns + d]! * x[d]!;
      residual[k] = logit;
    }
    const top = Math.max(...residual);
    let whole = 0;
    for (let k = 0; k < classes; k++) {
      residual[k] = Math.exp(residual[k]! - top);
      whole += residual[k]!;
    }
    for (let k = 0; k < classes; k++) {
      const share = (residual[k]! / whole - (labels[row] === k ? 1 : 0)) / count;
      for (let d = 0; d < width; d++) gradient[k * columns + d]! += share * x[d]!;
      gradient[k * columns + width]! += share;
    }
  }
  for (let k = 0; k < classes; k++)
    for (let d = 0; d < width; d++) gradient[k * columns + d]! += penalty * theta[k * columns + d]!;
  return gradient;
};

/** The largest eigenvalue of the mean of (x, 1)(x, 1)', by power iteration, with a margin for what that misses. */
const largestCurvature = (rows: Rows): number => {
  const count = rowCount(rows);
  let vector = new Float64Array(rows.width + 1).fill(1);
  let value = 1;
  for (let i = 0; i < 30; i++) {
    const next = new Float64Array(vector.length);
    for (let row = 0; row < count; row++) {
      const x = rowOf(rows, row);
      let product = vector[rows.width]!;
      for (let d = 0; d < rows.width; d++) product += x[d]! * vector[d]!;
      for (let d = 0; d < rows.width; d++) next[d]! += (product * x[d]!) / count;
      next[rows.width]! += product / count;
    }
    value = Math.sqrt(next.reduce((sum, entry) => sum + entry * entry, 0));
    vector = next.map((entry) => entry / value);
  }
  return 1.1 * value;
};
