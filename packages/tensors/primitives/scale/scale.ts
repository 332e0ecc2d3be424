import { kernel } from '../../executors/wasm/form.ts';
import { each, float } from '../../executors/webgpu/form.ts';
import { operand, type Primitive } from '../../plan/primitive.ts';
import type { Tensor } from '../../plan/types.ts';
import { mul } from '../mul/mul.ts';
import { sum } from '../sum/sum.ts';

/** x times a constant of the plan. */
export const scale = (x: Tensor, factor: number): Tensor => x.trace.emit('scale', [x], { factor })[0]!;

/** x times the scalar tensor s []. */
export const scaleBy = (x: Tensor, s: Tensor): Tensor => x.trace.emit('scaleBy', [x, s])[0]!;

export const scalePrimitive: Primitive<{ readonly factor: number }> = {
  name: 'scale',
  infer: (inputs) => [operand('scale', inputs, 0)],
  derivative: ({ attributes }, [dy]) => [scale(dy!, attributes.factor)],
  tfjs: ({ tf }, [x], { factor }) => [tf.mul(x!, factor)],
  wgsl: {
    inPlace: [0],
    kernels: ({ inputs: [x], outputs: [y], attributes: { factor } }) => [
      each(y!.size, { reads: { x: x! }, writes: { y: y! } }, `set_y(i, x(i) * ${float(factor)});`),
    ],
  },
  wasm: {
    inPlace: [0],
    bind({ inputs: [x], outputs: [y], attributes: { factor }, kernels }) {
      const run = kernel(kernels, 'scale');
      return () => run(x!.at, factor, y!.at, y!.size);
    },
  },
};

export const scaleByPrimitive: Primitive = {
  name: 'scaleBy',
  infer(inputs) {
    operand('scaleBy', inputs, 1, 0);
    return [operand('scaleBy', inputs, 0)];
  },
  derivative: ({ inputs: [x, s] }, [dy]) => [scaleBy(dy!, s!), sum(mul(dy!, x!))],
  tfjs: ({ tf }, [x, s]) => [tf.mul(x!, s!)],
  wgsl: {
    inPlace: [0],
    kernels: ({ inputs: [x, s], outputs: [y] }) => [
      each(y!.size, { reads: { x: x!, s: s! }, writes: { y: y! } }, 'set_y(i, x(i) * s(0u));'),
    ],
  },
  wasm: {
    inPlace: [0],
    bind({ inputs: [x, s], outputs: [y], kernels }) {
      const run = kernel(kernels, 'scaleBy');
      return () => run(x!.at, s!.at, y!.at, y!.size);
    },
  },
};
