import { kernel } from '../../executors/wasm/form.ts';
import { each, float } from '../../executors/webgpu/form.ts';
import { operand, type Primitive } from '../../plan/primitive.ts';
import { type Emitter, f32, type Shape, type Tensor } from '../../plan/types.ts';
import { sumWgsl } from './wgsl.ts';

/** Sum of all elements: shape []. */
export const sum = (x: Tensor): Tensor => x.trace.emit('sum', [x])[0]!;

/** The scalar s in every element of `shape`. */
export const expand = (s: Tensor, shape: Shape): Tensor => s.trace.emit('expand', [s], { shape })[0]!;

/** The constant `value` in every element of `shape`. */
export const fill = (trace: Emitter, value: number, shape: Shape): Tensor =>
  trace.emit('fill', [], { value, shape })[0]!;

type Shaped = { readonly shape: Shape };

export const sumPrimitive: Primitive = {
  name: 'sum',
  infer: () => [f32()],
  derivative: ({ inputs: [x] }, [dy]) => [expand(dy!, x!.shape)],
  tfjs: ({ tf }, [x]) => [tf.sum(x!)],
  wgsl: sumWgsl,
  wasm: {
    bind({ inputs: [x], outputs: [y], kernels }) {
      const run = kernel(kernels, 'sum');
      return () => run(x!.at, y!.at, x!.size);
    },
  },
};

export const expandPrimitive: Primitive<Shaped> = {
  name: 'expand',
  infer(inputs, { shape }) {
    operand('expand', inputs, 0, 0);
    return [f32(...shape)];
  },
  derivative: (_, [dy]) => [sum(dy!)],
  tfjs: ({ tf }, [s], { shape }) => [tf.mul(tf.ones([...shape]), s!)],
  wgsl: {
    kernels: ({ inputs: [s], outputs: [y] }) => [
      each(y!.size, { reads: { s: s! }, writes: { y: y! } }, 'set_y(i, s(0u));'),
    ],
  },
  wasm: {
    bind({ inputs: [s], outputs: [y], kernels }) {
      const run = kernel(kernels, 'expand');
      return () => run(s!.at, y!.at, y!.size);
    },
  },
};

export const fillPrimitive: Primitive<Shaped & { readonly value: number }> = {
  name: 'fill',
  infer: (_, { shape }) => [f32(...shape)],
  derivative: () => [],
  tfjs: ({ tf }, _, { shape, value }) => [tf.fill([...shape], value)],
  wgsl: {
    kernels: ({ outputs: [y], attributes: { value } }) => [
      each(y!.size, { reads: {}, writes: { y: y! } }, `set_y(i, ${float(value)});`),
    ],
  },
  wasm: {
    bind({ outputs: [y], attributes: { value }, kernels }) {
      const run = kernel(kernels, 'fill');
      return () => run(value, y!.at, y!.size);
    },
  },
};
