import type { Tensor } from '../plan/types.ts';
import { add } from '../primitives/add/add.ts';
import { sub } from '../primitives/arithmetic/arithmetic.ts';
import { broadcast, sumOver } from '../primitives/arrange/shapes.ts';
import { exp, ln } from '../primitives/functions/functions.ts';
import { largest } from '../primitives/largest/largest.ts';
import { reshape, stop } from '../primitives/reshape/reshape.ts';

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
