import { softmax } from '../../operations/softmax.ts';
import type { Tensor } from '../../plan/types.ts';
import { add } from '../add/add.ts';
import { shift } from '../arithmetic/arithmetic.ts';
import { arrange } from '../arrange/arrange.ts';
import { broadcast, pad, slice, transpose } from '../arrange/shapes.ts';
import { matmul } from '../matmul/matmul.ts';
import type { Composition } from '../recompose.ts';
import { reshape } from '../reshape/reshape.ts';
import { scale } from '../scale/scale.ts';
import { fill } from '../sum/sum.ts';
import type { AttentionAttributes } from './attributes.ts';

/** causalAttention, written in other primitives. */
export const causalAttentionComposition: Composition<AttentionAttributes> = ([qkv], { context, heads }) => {
  const [rows, width] = qkv!.shape as [number, number];
  const [batch, headWidth] = [rows / context, width / (3 * heads)];
  const split = transpose(reshape(qkv!, [batch, context, 3, heads, headWidth]), [2, 0, 3, 1, 4]);
  const perHead = [batch * heads, context, headWidth];
  const [q, k, v] = [0, 1, 2].map((part) =>
    reshape(slice(split, [part, 0, 0, 0, 0], [1, batch, heads, context, headWidth]), perHead),
  );
  const scores = scale(matmul(q!, k!, { transposeB: true }), 1 / Math.sqrt(headWidth));
  const masked = add(scores, broadcast(causalMask(qkv!, context), scores.shape));
  const y = reshape(matmul(softmax(masked), v!), [batch, heads, context, headWidth]);
  return reshape(transpose(y, [0, 2, 1, 3]), [rows, width / 3]);
};

/** [context, context]: 0 for the own and earlier positions, far below for later ones. */
const causalMask = ({ trace: t }: Tensor, context: number): Tensor => {
  const whole = [2 * context - 1];
  const seen = pad(fill(t, 1, [context]), [context - 1], whole);
  const view = { view: [context, context], axes: [0, 0], steps: [1, -1], starts: [context - 1] };
  return scale(shift(arrange(seen, { whole, ...view }), -1), 1e30);
};
