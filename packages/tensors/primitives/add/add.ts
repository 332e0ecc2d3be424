import { operand, type Primitive, sameShape } from '../../plan/primitive.ts';
import type { Tensor } from '../../plan/types.ts';

/** a + b, equal shapes. */
export const add = (a: Tensor, b: Tensor): Tensor => a.trace.emit('add', [a, b])[0]!;

export const addPrimitive: Primitive = {
  name: 'add',
  infer(inputs) {
    const a = operand('add', inputs, 0);
    sameShape('add', a.shape, operand('add', inputs, 1).shape);
    return [a];
  },
  derivative: (_, [dy]) => [dy ?? null, dy ?? null],
  tfjs: ({ tf }, [a, b]) => [tf.add(a!, b!)],
};
