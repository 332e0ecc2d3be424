import type { Tensor } from '../../plan/types.ts';
import { elementwise } from '../elementwise.ts';

/** a * b elementwise, equal shapes. */
export const mul = (a: Tensor, b: Tensor): Tensor => a.trace.emit('mul', [a, b])[0]!;

export const mulPrimitive = elementwise({
  name: 'mul',
  operands: 2,
  tfjs: (tf, a, b) => tf.mul(a, b),
  wgsl: 'a * b',
  derivative: ({ inputs: [a, b] }, [dy]) => [mul(dy!, b!), mul(dy!, a!)],
});
