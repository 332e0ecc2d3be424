import type { TfContext, TfTensor } from '../../executors/tfjs/context.ts';

export const swigluTfjs = (context: TfContext, [gateUp]: readonly TfTensor[]): TfTensor[] => {
  const { tf } = context;
  const [gate, up] = context.splitColumns(gateUp!, 2);
  return [tf.mul(tf.mul(gate!, tf.sigmoid(gate!)), up!)];
};

/** With s = sigmoid(gate): dGate = dy up s (1 + gate (1 - s)), dUp = dy gate s. */
export const swigluGradTfjs = (context: TfContext, [gateUp, dy]: readonly TfTensor[]): TfTensor[] => {
  const { tf } = context;
  const [gate, up] = context.splitColumns(gateUp!, 2);
  const s = tf.sigmoid(gate!);
  const silu = tf.mul(gate!, s);
  const slope = tf.add(s, tf.sub(silu, tf.mul(silu, s)));
  return [context.joinColumns([tf.mul(tf.mul(dy!, up!), slope), tf.mul(dy!, silu)])];
};
