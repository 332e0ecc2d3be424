import type { Tensor } from '../../plan/types.ts';
import { elementwise } from '../elementwise.ts';
import { mul } from '../mul/mul.ts';

/** x where it is positive, else 0. */
export const relu = (x: Tensor): Tensor => x.trace.emit('relu', [x])[0]!;

/** 1 where x is positive, else 0. Its derivative is 0. */
export const step = (x: Tensor): Tensor => x.trace.emit('step', [x])[0]!;

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
