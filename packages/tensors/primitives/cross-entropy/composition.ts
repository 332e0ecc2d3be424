import { logSumExp } from '../../operations/softmax.ts';
import { sub } from '../arithmetic/arithmetic.ts';
import { sumOver } from '../arrange/shapes.ts';
import { mul } from '../mul/mul.ts';
import type { Composition } from '../recompose.ts';
import { fill } from '../sum/sum.ts';

/** crossEntropy, written in other primitives. */
export const crossEntropyComposition: Composition = ([logits, targets]) => {
  const { trace: t, shape } = logits!;
  const [rows, width] = shape as [number, number];
  const even = fill(t, 1 / width, shape);
  // The gradient of equal logits is 1 / width less the one-hot rows.
  const gradient = t.emit('crossEntropyGrad', [fill(t, 0, shape), targets!, fill(t, 1, [rows])])[0]!;
  return sub(logSumExp(logits!), sumOver(mul(sub(even, gradient), logits!), 1));
};
