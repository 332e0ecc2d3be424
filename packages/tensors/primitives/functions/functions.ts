import type { Primitive } from '../../plan/primitive.ts';
import type { Tensor } from '../../plan/types.ts';
import { div, sub } from '../arithmetic/arithmetic.ts';
import { elementwise } from '../elementwise.ts';
import { mul } from '../mul/mul.ts';
import { scale } from '../scale/scale.ts';
import { SOFTPLUS, TANH } from './wgsl.ts';

/** e^x; our own kernels answer e^88 above 88. */
export const exp = (x: Tensor): Tensor => x.trace.emit('exp', [x])[0]!;

/** Natural logarithm; of normal positive numbers. */
export const ln = (x: Tensor): Tensor => x.trace.emit('ln', [x])[0]!;

/** Square root; its derivative at 0 is infinite. */
export const sqrt = (x: Tensor): Tensor => x.trace.emit('sqrt', [x])[0]!;

export const tanh = (x: Tensor): Tensor => x.trace.emit('tanh', [x])[0]!;

/** 1 / (1 + e^-x). */
export const sigmoid = (x: Tensor): Tensor => x.trace.emit('sigmoid', [x])[0]!;

/** ln(1 + e^x). */
export const softplus = (x: Tensor): Tensor => x.trace.emit('softplus', [x])[0]!;

const expPrimitive = elementwise({
  name: 'exp',
  operands: 1,
  tfjs: (tf, x) => tf.exp(x),
  wgsl: 'exp(a)',
  derivative: ({ outputs: [y] }, [dy]) => [mul(dy!, y!)],
});

const lnPrimitive = elementwise({
  name: 'ln',
  operands: 1,
  tfjs: (tf, x) => tf.log(x),
  wgsl: 'log(a)',
  derivative: ({ inputs: [x] }, [dy]) => [div(dy!, x!)],
});

const sqrtPrimitive = elementwise({
  name: 'sqrt',
  operands: 1,
  tfjs: (tf, x) => tf.sqrt(x),
  wgsl: 'sqrt(a)',
  derivative: ({ outputs: [y] }, [dy]) => [scale(div(dy!, y!), 0.5)],
});

const tanhPrimitive = elementwise({
  name: 'tanh',
  operands: 1,
  tfjs: (tf, x) => tf.tanh(x),
  wgsl: 'tanh_of(a)',
  declarations: TANH,
  derivative: ({ outputs: [y] }, [dy]) => [sub(dy!, mul(dy!, mul(y!, y!)))],
});

const sigmoidPrimitive = elementwise({
  name: 'sigmoid',
  operands: 1,
  tfjs: (tf, x) => tf.sigmoid(x),
  wgsl: '1.0 / (1.0 + exp(min(-a, 80.0)))',
  derivative: ({ outputs: [y] }, [dy]) => [mul(dy!, sub(y!, mul(y!, y!)))],
});

const softplusPrimitive = elementwise({
  name: 'softplus',
  operands: 1,
  tfjs: (tf, x) => tf.add(tf.relu(x), tf.log1p(tf.exp(tf.neg(tf.abs(x))))),
  wgsl: 'softplus_of(a)',
  declarations: SOFTPLUS,
  derivative: ({ inputs: [x] }, [dy]) => [mul(dy!, sigmoid(x!))],
});

export const functionPrimitives: readonly Primitive[] = [
  expPrimitive,
  lnPrimitive,
  sqrtPrimitive,
  tanhPrimitive,
  sigmoidPrimitive,
  softplusPrimitive,
];
