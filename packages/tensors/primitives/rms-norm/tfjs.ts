import type { Tf, TfContext, TfTensor } from '../../executors/tfjs/context.ts';

type Epsilon = { readonly epsilon: number };

const inverseRoot = (tf: Tf, x: TfTensor, epsilon: number): TfTensor =>
  tf.rsqrt(tf.add(tf.mean(tf.square(x), 1, true), epsilon));

export const rmsNormTfjs = ({ tf }: TfContext, [x, gain]: readonly TfTensor[], { epsilon }: Epsilon): TfTensor[] => [
  tf.mul(tf.mul(x!, inverseRoot(tf, x!, epsilon)), gain!),
];

/** dx = r g dy - x r^3 mean(g dy x) with r the inverse root; dGain = sum over rows of dy x r. */
export const rmsNormGradTfjs = (
  { tf }: TfContext,
  [x, gain, dy]: readonly TfTensor[],
  { epsilon }: Epsilon,
): TfTensor[] => {
  const r = inverseRoot(tf, x!, epsilon);
  const normal = tf.mul(x!, r);
  const scaled = tf.mul(dy!, gain!);
  const along = tf.mean(tf.mul(scaled, normal), 1, true);
  const dx = tf.mul(tf.sub(scaled, tf.mul(normal, along)), r);
  return [dx, tf.sum(tf.mul(dy!, normal), 0)];
};
