import type { TfContext, TfTensor } from '../../executors/tfjs/context.ts';
import type { AdamwAttributes } from './attributes.ts';

export const adamwTfjs = (
  context: TfContext,
  [theta, m, v, gradient, rates]: readonly TfTensor[],
  { beta1, beta2, epsilon, weightDecay, clipNorm }: AdamwAttributes,
): TfTensor[] => {
  const { tf } = context;
  const [rate, correct1, correct2] = context.unpack(rates!, [[], [], []]);
  const norm = tf.sqrt(tf.sum(tf.square(gradient!)));
  const clipped = tf.mul(gradient!, tf.div(clipNorm, tf.maximum(norm, clipNorm)));
  const m1 = tf.add(tf.mul(m!, beta1), tf.mul(clipped, 1 - beta1));
  const v1 = tf.add(tf.mul(v!, beta2), tf.mul(tf.square(clipped), 1 - beta2));
  const move = tf.div(tf.mul(m1, correct1!), tf.add(tf.sqrt(tf.mul(v1, correct2!)), epsilon));
  const theta1 = tf.sub(theta!, tf.mul(tf.add(move, tf.mul(theta!, weightDecay)), rate!));
  return [theta1, m1, v1];
};
