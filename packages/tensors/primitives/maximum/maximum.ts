import type { Tensor } from '../../plan/types.ts';
import { sub } from '../arithmetic/arithmetic.ts';
import { elementwise } from '../elementwise.ts';
import { mul } from '../mul/mul.ts';
import { step } from '../relu/relu.ts';

/** The larger of both elements, equal shapes. Where they are equal, all of the gradient goes to b. */
export const maximum = (a: Tensor, b: Tensor): Tensor => a.trace.emit('maximum', [a, b])[0]!;

export const maximumPrimitive = elementwise({
  name: 'maximum',
  operands: 2,
  tfjs: (tf, a, b) => tf.maximum(a, b),
  wgsl: 'max(a, b)',
  derivative({ inputs: [a, b] }, [dy]) {
    const da = mul(dy!, step(sub(a!, b!)));
    return [da, sub(dy!, da)];
  },
});
