import type { Tensor } from '../../plan/types.ts';
import { div, shift } from '../arithmetic/arithmetic.ts';
import { broadcast, meanOver } from '../arrange/shapes.ts';
import { sqrt } from '../functions/functions.ts';
import { mul } from '../mul/mul.ts';
import type { Composition } from '../recompose.ts';
import { reshape } from '../reshape/reshape.ts';

/** rmsNorm, written in other primitives. */
export const rmsNormComposition: Composition<{ readonly epsilon: number }> = ([x, gain], { epsilon }): Tensor => {
  const root = sqrt(shift(meanOver(mul(x!, x!), 1), epsilon));
  const normal = div(x!, broadcast(reshape(root, [...root.shape, 1]), x!.shape));
  return mul(normal, broadcast(gain!, x!.shape));
};
