import type { Tensor } from '../plan/types.ts';
import { sub } from '../primitives/arithmetic/arithmetic.ts';
import { meanOver, sumOver } from '../primitives/arrange/shapes.ts';
import { softplus } from '../primitives/functions/functions.ts';
import { mul } from '../primitives/mul/mul.ts';
import { square } from './elementary.ts';
import { logSumExp } from './softmax.ts';

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
