import type { TfContext, TfTensor } from '../../executors/tfjs/context.ts';

/** log softmax at the target = (logit - highest logit) + log(highest probability): the logarithm is of at least 1/V. */
export const crossEntropyTfjs = ({ tf, oneHot }: TfContext, [logits, targets]: readonly TfTensor[]): TfTensor[] => {
  const hot = oneHot(targets!, logits!.shape[1]!);
  const atTarget = tf.sum(tf.mul(logits!, hot), 1);
  const highest = tf.max(logits!, 1);
  const highestProbability = tf.max(tf.softmax(logits!), 1);
  return [tf.sub(tf.sub(highest, atTarget), tf.log(highestProbability))];
};

/** dLogits = (softmax - one-hot of the target) dNats. */
export const crossEntropyGradTfjs = (
  { tf, oneHot }: TfContext,
  [logits, targets, dNats]: readonly TfTensor[],
): TfTensor[] => {
  const hot = oneHot(targets!, logits!.shape[1]!);
  return [tf.mul(tf.sub(tf.softmax(logits!), hot), tf.reshape(dNats!, [-1, 1]))];
};
