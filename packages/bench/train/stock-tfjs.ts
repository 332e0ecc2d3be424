import { hiddenWidth } from '@pathfold/checkpoint/layout';
import type { LlamaShape } from '@pathfold/nets/llama-shape';
import type * as core from '@tensorflow/tfjs-core';

type Tf = typeof core;
type T = core.Tensor;

export interface StockStep {
  /** One training step; answers the loss, nats a token. */
  step(tokens: Int32Array, targets: Int32Array): Promise<number>;
  dispose(): void;
}

/**
 * The training step as someone who knows TensorFlow.js would write it with its own operations, `tf.grads` and AdamW:
 * fused QKV and gate/up products, one large product wherever there can be one. The embedding is a product with one-hot
 * rows, because the WASM backend lacks the gradient of a gather. With `nn`, each 2-D product has a custom gradient
 * whose operands are transposed first, because the backend's transpose flags are slow.
 */
export const stockStep = (tf: Tf, model: LlamaShape, batch: number, nn: boolean): StockStep => {
  const { width, blocks, heads, context, vocabulary } = model;
  const hidden = hiddenWidth(width);
  const headWidth = width / heads;
  const rows = batch * context;
  const shapes: [number, ...number[]][] = [[vocabulary, width], [width]];
  for (let block = 0; block < blocks; block++)
    shapes.push([width], [width, 3 * width], [width, width], [width], [width, 2 * hidden], [hidden, width]);
  let weights: T[] = shapes.map((shape) => (shape.length === 1 ? tf.ones(shape) : tf.randomNormal(shape, 0, 0.05)));
  let moments = weights.map((w) => ({ m: tf.zerosLike(w) as T, v: tf.zerosLike(w) as T }));
  let steps = 0;

  const mask = tf.tidy(() => {
    const ahead = tf.sub(1, tf.linalg.bandPart(tf.ones([context, context]) as core.Tensor2D, -1, 0));
    return tf.mul(ahead, -1e9);
  });
  const { cos, sin } = tf.tidy(() => {
    const frequencies = tf.pow(10_000, tf.div(tf.range(0, headWidth / 2), -headWidth / 2));
    const angles = tf.mul(tf.reshape(tf.range(0, context), [context, 1]), frequencies);
    return { cos: tf.cos(angles), sin: tf.sin(angles) };
  });

  const mm = nn
    ? (a: T, b: T): T =>
        tf.customGrad((...args) => {
          const [left, right, save] = args as unknown as [T, T, core.GradSaveFunc];
          save([left, right]);
          return {
            value: tf.matMul(left, right),
            gradFunc: (dy, saved) => [
              tf.matMul(dy as T, tf.transpose(saved[1]!)),
              tf.matMul(tf.transpose(saved[0]!), dy as T),
            ],
          };
        })(a, b)
    : (a: T, b: T): T => tf.matMul(a, b);
  const norm = (x: T, gain: T): T => tf.mul(tf.mul(x, tf.rsqrt(tf.add(tf.mean(tf.square(x), -1, true), 1e-5))), gain);
  const rotate = (x: T): T => {
    const [a, b] = tf.split(x, 2, -1) as [T, T];
    return tf.concat([tf.sub(tf.mul(a, cos), tf.mul(b, sin)), tf.add(tf.mul(b, cos), tf.mul(a, sin))], -1);
  };
  const attention = (qkv: T): T => {
    const split = tf.transpose(tf.reshape(qkv, [batch, context, 3, heads, headWidth]), [2, 0, 3, 1, 4]);
    const [q, k, v] = tf.unstack(split) as [T, T, T];
    const scores = tf.mul(tf.matMul(rotate(q), rotate(k), false, true), 1 / Math.sqrt(headWidth));
    const mixed = tf.matMul(tf.softmax(tf.add(scores, mask)), v);
    return tf.reshape(tf.transpose(mixed, [0, 2, 1, 3]), [rows, width]);
  };
  const lossOf = (hotTokens: T, hotTargets: T, parameters: readonly T[]): T => {
    const [table, finalGain, ...rest] = parameters as [T, T, ...T[]];
    let x = mm(hotTokens, table);
    for (let block = 0; block < blocks; block++) {
      const [gain1, qkv, out, gain2, gateUp, down] = rest.slice(6 * block) as [T, T, T, T, T, T];
      x = tf.add(x, mm(attention(mm(norm(x, gain1), qkv)), out));
      const [gate, up] = tf.split(mm(norm(x, gain2), gateUp), 2, -1) as [T, T];
      x = tf.add(x, mm(tf.mul(tf.mul(gate, tf.sigmoid(gate)), up), down));
    }
    const logits = mm(norm(x, finalGain), tf.transpose(table));
    return tf.losses.softmaxCrossEntropy(hotTargets, logits);
  };

  const [beta1, beta2, rate, decay] = [0.9, 0.95, 1e-3, 0.1];
  return {
    async step(tokens, targets) {
      steps++;
      const loss = tf.tidy(() => {
        const hot = (ids: Int32Array) => tf.cast(tf.oneHot(tf.tensor1d(ids, 'int32'), vocabulary), 'float32');
        const [hotTokens, hotTargets] = [hot(tokens), hot(targets)];
        const { value, grads } = tf.valueAndGrads(
          (...parameters: T[]) => lossOf(hotTokens, hotTargets, parameters) as core.Scalar,
        )(weights);
        const squares = grads.map((g) => tf.sum(tf.square(g)));
        const size = tf.sqrt(tf.addN(squares));
        const clip = tf.div(1, tf.maximum(size, 1));
        const [correct1, correct2] = [1 / (1 - beta1 ** steps), 1 / (1 - beta2 ** steps)];
        const next = weights.map((w, i) => {
          const g = tf.mul(grads[i]!, clip);
          const m = tf.add(tf.mul(moments[i]!.m, beta1), tf.mul(g, 1 - beta1));
          const v = tf.add(tf.mul(moments[i]!.v, beta2), tf.mul(tf.square(g), 1 - beta2));
          const move = tf.div(tf.mul(m, correct1), tf.add(tf.sqrt(tf.mul(v, correct2)), 1e-8));
          return { w: tf.sub(w, tf.mul(tf.add(move, tf.mul(w, decay)), rate)), m, v };
        });
        tf.dispose([weights, moments]);
        weights = next.map(({ w }) => tf.keep(w));
        moments = next.map(({ m, v }) => ({ m: tf.keep(m), v: tf.keep(v) }));
        return value;
      });
      const [nats] = await loss.data();
      loss.dispose();
      return nats!;
    },
    dispose: () => tf.dispose([weights, moments, mask, cos, sin]),
  };
};
