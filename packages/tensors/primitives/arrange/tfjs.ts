import type { TfContext, TfTensor } from '../../executors/tfjs/context.ts';
import { sizeOf } from '../../plan/types.ts';
import { type Arrangement, indicesOf } from './attributes.ts';

const indices = ({ tf, constant }: TfContext, arrangement: Arrangement): TfTensor =>
  constant(`arrange ${JSON.stringify(arrangement)}`, () => tf.tensor1d(indicesOf(arrangement), 'int32'));

export const arrangeTfjs = (context: TfContext, [whole]: readonly TfTensor[], arrangement: Arrangement): TfTensor[] => {
  const { tf } = context;
  const flat = context.gatherRows(tf.reshape(whole!, [-1, 1]), indices(context, arrangement));
  return [tf.reshape(flat, [...arrangement.view])];
};

export const accumulateTfjs = (
  context: TfContext,
  [view]: readonly TfTensor[],
  arrangement: Arrangement,
): TfTensor[] => {
  const { tf } = context;
  const at = tf.reshape(indices(context, arrangement), [-1, 1]);
  const flat = tf.scatterND(at, tf.reshape(view!, [-1]), [sizeOf(arrangement.whole)]);
  return [tf.reshape(flat, [...arrangement.whole])];
};
