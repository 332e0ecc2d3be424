import type * as core from '@tensorflow/tfjs-core';
import { sizeOf } from '../../plan/types.ts';
import type { Spellings, Tf, TfTensor } from './context.ts';

/** For backends on which TensorFlow.js's own operations are as fast as any. */
export const plainSpellings = (tf: Tf): Spellings => {
  const oneHot = (ids: TfTensor, depth: number): TfTensor => tf.cast(tf.oneHot(ids as core.Tensor1D, depth), 'float32');
  return {
    matmul: (a, b, transposeA = false, transposeB = false) => tf.matMul(a, b, transposeA, transposeB),
    oneHot,
    gatherRows: (table, ids) => tf.gather(table, ids as core.Tensor1D),
    scatterRows: (ids, values, count) => tf.matMul(oneHot(ids, count), values, true, false),
    splitColumns: (x, count) => tf.split(x, count, -1),
    swapHalves: (x, width) => tf.reshape(tf.reverse(tf.reshape(x, [-1, 2, width / 2]), 1), x.shape),
    joinColumns: (parts) => tf.concat([...parts], -1),
    unpack: (flat, shapes) => tf.split(flat, shapes.map(sizeOf)).map((part, i) => tf.reshape(part, [...shapes[i]!])),
  };
};
