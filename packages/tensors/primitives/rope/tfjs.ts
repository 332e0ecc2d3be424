import type { TfContext, TfTensor } from '../../executors/tfjs/context.ts';
import type { RopeAttributes } from './attributes.ts';
import { ropeTables } from './tables.ts';

/** y = x cos + swap(x) sin, where swap exchanges the halves of each head and sin carries the sign. */
export const ropeTfjs = (
  { tf, constant, swapHalves }: TfContext,
  [x]: readonly TfTensor[],
  attributes: RopeAttributes,
): TfTensor[] => {
  const { context, headWidth, inverse } = attributes;
  const [rows, width] = x!.shape as [number, number];
  const key = `rope ${width} ${JSON.stringify(attributes)}`;
  const whole = (pick: 'cos' | 'sin') => () => {
    const table = ropeTables(attributes);
    const values = new Float32Array(context * width).fill(pick === 'cos' ? 1 : 0);
    const half = headWidth / 2;
    for (let t = 0; t < context; t++)
      for (let head = 0; head < attributes.heads; head++)
        for (let i = 0; i < headWidth; i++) {
          const sign = pick === 'cos' || i < half === inverse ? 1 : -1;
          values[t * width + head * headWidth + i] = sign * table[pick][t * half + (i % half)]!;
        }
    return tf.tensor2d(values, [1, context * width]);
  };
  const flat = tf.reshape(x!, [rows / context, context * width]);
  const swapped = tf.reshape(swapHalves(x!, headWidth), flat.shape);
  const turned = tf.add(
    tf.mul(flat, constant(`${key} cos`, whole('cos'))),
    tf.mul(swapped, constant(`${key} sin`, whole('sin'))),
  );
  return [tf.reshape(turned, x!.shape)];
};
