import type { TfContext, TfTensor } from '../../executors/tfjs/context.ts';
import type { AttentionAttributes } from './attributes.ts';

/** [N, D] -> [batch * heads, context, D / heads]. */
const toHeads = ({ tf }: TfContext, x: TfTensor, { context, heads }: AttentionAttributes): TfTensor => {
  const [rows, width] = x.shape as [number, number];
  const [batch, headWidth] = [rows / context, width / heads];
  const split = tf.reshape(x, [batch, context, heads, headWidth]);
  return tf.reshape(tf.transpose(split, [0, 2, 1, 3]), [batch * heads, context, headWidth]);
};

/** The inverse of `toHeads`. */
const fromHeads = ({ tf }: TfContext, x: TfTensor, { context, heads }: AttentionAttributes): TfTensor => {
  const [items, , headWidth] = x.shape as [number, number, number];
  const split = tf.reshape(x, [items / heads, heads, context, headWidth]);
  return tf.reshape(tf.transpose(split, [0, 2, 1, 3]), [(items / heads) * context, heads * headWidth]);
};

const probabilities = (c: TfContext, q: TfTensor, k: TfTensor, { context }: AttentionAttributes): TfTensor => {
  const { tf } = c;
  const mask = c.constant(`causal ${context}`, () => {
    const values = new Float32Array(context * context);
    for (let t = 0; t < context; t++) values.fill(-1e30, t * context + t + 1, (t + 1) * context);
    return tf.tensor2d(values, [context, context]);
  });
  const scores = tf.mul(c.matmul(q, k, false, true), 1 / Math.sqrt(q.shape[2]!));
  return tf.softmax(tf.add(scores, mask));
};

export const causalAttentionTfjs = (
  c: TfContext,
  [qkv]: readonly TfTensor[],
  attributes: AttentionAttributes,
): TfTensor[] => {
  const [q, k, v] = c.splitColumns(qkv!, 3).map((part) => toHeads(c, part, attributes));
  const y = c.matmul(probabilities(c, q!, k!, attributes), v!);
  return [fromHeads(c, y, attributes), c.tf.zeros([qkv!.shape[0]!, attributes.heads])];
};

/** The probabilities are computed again: less memory than to keep them, and one product. */
export const causalAttentionGradTfjs = (
  c: TfContext,
  [qkv, y, , dy]: readonly TfTensor[],
  attributes: AttentionAttributes,
): TfTensor[] => {
  const { tf } = c;
  const [q, k, v] = c.splitColumns(qkv!, 3).map((part) => toHeads(c, part, attributes));
  const [yHeads, dyHeads] = [toHeads(c, y!, attributes), toHeads(c, dy!, attributes)];
  const p = probabilities(c, q!, k!, attributes);
  const dv = c.matmul(p, dyHeads, true);
  const dp = c.matmul(dyHeads, v!, false, true);
  const along = tf.sum(tf.mul(yHeads, dyHeads), 2, true);
  const ds = tf.mul(tf.mul(p, tf.sub(dp, along)), 1 / Math.sqrt(q!.shape[2]!));
  const parts = [c.matmul(ds, k!), c.matmul(ds, q!, true), dv];
  return [c.joinColumns(parts.map((part) => fromHeads(c, part, attributes)))];
};
