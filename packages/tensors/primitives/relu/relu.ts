import type { Tensor } from '../../plan/types.ts';
import { sub } from '../arithmetic/arithmetic.ts';
import { elementwise } from '../elementwise.ts';
import { mul } from '../mul/mul.ts';

/** x where it is positive, else 0. */
export const relu = (x: Tensor): Tensor => x.trace.emit('relu', [x])[0]!;

/** 1 where x is positive, else 0. Its derivative is 0. */
export const step = (x: Tensor): Tensor => x.trace.emit('step', [x])[0]!;

/** The larger of both elements, equal shapes. Where they are equal, all of the gradient goes to b. */
export const maximum = (a: Tensor, b: Tensor): Tensor => a.trace.emit('maximum', [a, b])[0]!;

export const reluPrimitive = elementwise({
  name: 'relu',
  operands: 1,
  tfjs: (tf, x) => tf.relu(x),
  wgsl: 'max(a, 0.0)',
  derivative: ({ inputs: [x] }, [dy]) => [mul(dy!, step(x!))],
});

export const stepPrimitive = elementwise({
  name: 'step',
  operands: 1,
  tfjs: (tf, x) => tf.cast(tf.greater(x, 0), 'float32'),
  wgsl: 'select(0.0, 1.0, a > 0.0)',
  derivative: () => [null],
});

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
