import type { Tensor } from '../plan/types.ts';
import { add } from '../primitives/add/add.ts';
import { sub } from '../primitives/arithmetic/arithmetic.ts';
import { broadcast, meanOver, sumOver } from '../primitives/arrange/shapes.ts';
import { exp, ln, softplus } from '../primitives/functions/functions.ts';
import { largest } from '../primitives/largest/largest.ts';
import { mul } from '../primitives/mul/mul.ts';
import { reshape, stop } from '../primitives/reshape/reshape.ts';
import { square } from './elementary.ts';

/** One value a row, in each column of the row: x [...] -> [..., columns]. */
const alongRows = (x: Tensor, columns: number): Tensor => broadcast(reshape(x, [...x.shape, 1]), [...x.shape, columns]);

/** ln of the sum of e^x along the last axis, which then is gone; without overflow. */
export const logSumExp = (x: Tensor): Tensor => {
  const columns = x.shape.at(-1)!;
  const top = stop(largest(stop(x)));
  return add(ln(sumOver(exp(sub(x, alongRows(top, columns))), -1)), top);
};

/** Logarithm of the softmax along the last axis. */
export const logSoftmax = (x: Tensor): Tensor => sub(x, alongRows(logSumExp(x), x.shape.at(-1)!));

/** Softmax along the last axis. */
export const softmax = (x: Tensor): Tensor => exp(logSoftmax(x));

/**
 * Nats of labels under the softmax of logits [..., V]: [...]. Labels [..., V] are probabilities: ones and zeros, or
 * smoothed. For labels as numbers take `crossEntropy`.
 */
export const softmaxCrossEntropy = (logits: Tensor, labels: Tensor): Tensor =>
  sub(mul(logSumExp(logits), sumOver(labels, -1)), sumOver(mul(labels, logits), -1));

/** Nats of each label in [0, 1] under the sigmoid of its logit: equal shapes. */
export const sigmoidCrossEntropy = (logits: Tensor, labels: Tensor): Tensor =>
  sub(softplus(logits), mul(labels, logits));

/** Mean square of the differences of equal shapes, along all axes but the first `items`. */
export const meanSquaredError = (y: Tensor, target: Tensor, items = 0): Tensor =>
  meanOver(square(sub(y, target)), ...[...y.shape.keys()].slice(items));
