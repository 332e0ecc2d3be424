import { kernel } from '../../executors/wasm/form.ts';
import { each, float } from '../../executors/webgpu/form.ts';
import { operand, type Primitive } from '../../plan/primitive.ts';
import type { Tensor } from '../../plan/types.ts';
import { elementwise } from '../elementwise.ts';
import { mul } from '../mul/mul.ts';
import { scale } from '../scale/scale.ts';

/** a - b, equal shapes. */
export const sub = (a: Tensor, b: Tensor): Tensor => a.trace.emit('sub', [a, b])[0]!;

/** a / b elementwise, equal shapes. */
export const div = (a: Tensor, b: Tensor): Tensor => a.trace.emit('div', [a, b])[0]!;

/** x plus a constant of the plan. */
export const shift = (x: Tensor, by: number): Tensor => x.trace.emit('shift', [x], { by })[0]!;

export const subPrimitive = elementwise({
  name: 'sub',
  operands: 2,
  tfjs: (tf, a, b) => tf.sub(a, b),
  wgsl: 'a - b',
  derivative: (_, [dy]) => [dy!, scale(dy!, -1)],
});

export const divPrimitive = elementwise({
  name: 'div',
  operands: 2,
  tfjs: (tf, a, b) => tf.div(a, b),
  wgsl: 'a / b',
  derivative({ inputs: [, b], outputs: [y] }, [dy]) {
    const da = div(dy!, b!);
    return [da, scale(mul(da, y!), -1)];
  },
});

export const shiftPrimitive: Primitive<{ readonly by: number }> = {
  name: 'shift',
  infer: (inputs) => [operand('shift', inputs, 0)],
  derivative: (_, [dy]) => [dy!],
  tfjs: ({ tf }, [x], { by }) => [tf.add(x!, by)],
  wgsl: {
    inPlace: [0],
    kernels: ({ inputs: [x], outputs: [y], attributes: { by } }) => [
      each(y!.size, { reads: { x: x! }, writes: { y: y! } }, `set_y(i, x(i) + ${float(by)});`),
    ],
  },
  wasm: {
    inPlace: [0],
    bind({ inputs: [x], outputs: [y], attributes: { by }, kernels }) {
      const run = kernel(kernels, 'shift');
      return () => run(x!.at, by, y!.at, y!.size);
    },
  },
};
