import type { Tensor } from '../plan/types.ts';
import { add } from '../primitives/add/add.ts';
import { broadcast } from '../primitives/arrange/shapes.ts';
import { matmul } from '../primitives/matmul/matmul.ts';
import { reshape } from '../primitives/reshape/reshape.ts';

/**
 * x [N, K] times weight [K, M] plus bias [M] in each row: [N, M]. With an axis in front of weight and bias, as many
 * layers side by side: x [B, N, K], weight [B, K, M], bias [B, M] -> [B, N, M].
 */
export const dense = (x: Tensor, weight: Tensor, bias: Tensor): Tensor => {
  const y = matmul(x, weight);
  return add(y, broadcast(reshape(bias, [...bias.shape.slice(0, -1), 1, bias.shape.at(-1)!]), y.shape));
};
