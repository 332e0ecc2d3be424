import { kernel } from '../../executors/wasm/form.ts';
import { each } from '../../executors/webgpu/form.ts';
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
  wgsl: {
    inPlace: [0],
    kernels: ({ inputs: [a, b], outputs: [y] }) => [
      each(y!.size, { reads: { a: a!, b: b! }, writes: { y: y! } }, 'set_y(i, a(i) + b(i));'),
    ],
  },
  wasm: {
    inPlace: [0],
    assembles: 'added',
    bind({ inputs: [a, b], outputs: [y], kernels }) {
      const run = kernel(kernels, 'add');
      return () => run(a!.at, b!.at, y!.at, y!.size);
    },
  },
};
