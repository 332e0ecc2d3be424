import { kernel } from '../../executors/wasm/form.ts';
import { each } from '../../executors/webgpu/form.ts';
import { operand, type Primitive, sameShape } from '../../plan/primitive.ts';
import type { Tensor } from '../../plan/types.ts';

/** a * b elementwise, equal shapes. */
export const mul = (a: Tensor, b: Tensor): Tensor => a.trace.emit('mul', [a, b])[0]!;

export const mulPrimitive: Primitive = {
  name: 'mul',
  infer(inputs) {
    const a = operand('mul', inputs, 0);
    sameShape('mul', a.shape, operand('mul', inputs, 1).shape);
    return [a];
  },
  derivative({ inputs: [a, b] }, [dy]) {
    return [mul(dy!, b!), mul(dy!, a!)];
  },
  tfjs: ({ tf }, [a, b]) => [tf.mul(a!, b!)],
  wgsl: {
    inPlace: [0],
    kernels: ({ inputs: [a, b], outputs: [y] }) => [
      each(y!.size, { reads: { a: a!, b: b! }, writes: { y: y! } }, 'set_y(i, a(i) * b(i));'),
    ],
  },
  wasm: {
    inPlace: [0],
    bind({ inputs: [a, b], outputs: [y], kernels }) {
      const run = kernel(kernels, 'mul');
      return () => run(a!.at, b!.at, y!.at, y!.size);
    },
  },
};
