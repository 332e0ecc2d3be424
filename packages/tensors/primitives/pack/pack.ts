import { kernel } from '../../executors/wasm/form.ts';
import { operand, type Primitive } from '../../plan/primitive.ts';
import { f32, type Shape, sizeOf, type Tensor } from '../../plan/types.ts';
import { fill } from '../sum/sum.ts';
import { packWgsl } from './wgsl.ts';

/** Consecutive stretches of flat [N] as tensors of the given shapes. */
export const unpack = (flat: Tensor, shapes: readonly Shape[]): Tensor[] =>
  flat.trace.emit('unpack', [flat], { shapes });

/** All elements of `parts`, one after another: [N]. */
export const pack = (parts: readonly Tensor[]): Tensor => parts[0]!.trace.emit('pack', parts)[0]!;

export const unpackPrimitive: Primitive<{ readonly shapes: readonly Shape[] }> = {
  name: 'unpack',
  infer(inputs, { shapes }) {
    const held = sizeOf(operand('unpack', inputs, 0, 1).shape);
    const asked = shapes.reduce((total, shape) => total + sizeOf(shape), 0);
    if (held !== asked) throw new Error(`unpack: ${held} elements held, ${asked} asked for`);
    return shapes.map((shape) => f32(...shape));
  },
  derivative: ({ outputs }, gradients) => [
    pack(outputs.map((output, index) => gradients[index] ?? fill(output.trace, 0, output.shape))),
  ],
  tfjs: (context, [flat], { shapes }) => context.unpack(flat!, shapes),
  wgsl: { views: true, kernels: () => [] },
  wasm: { views: true, bind: () => () => {} },
};

export const packPrimitive: Primitive = {
  name: 'pack',
  infer: (inputs) => [f32(inputs.reduce((total, input) => total + sizeOf(input.shape), 0))],
  derivative: ({ inputs }, [dy]) =>
    unpack(
      dy!,
      inputs.map((input) => input.shape),
    ),
  tfjs: ({ tf }, parts) => [tf.concat(parts.map((part) => tf.reshape(part, [-1])))],
  wgsl: packWgsl,
  wasm: {
    assembles: 'joined',
    bind({ inputs, outputs: [y], kernels }) {
      const copy = kernel(kernels, 'copy');
      return () => {
        let to = y!.at;
        for (const { at, size } of inputs) {
          copy(at, to, size);
          to += 4 * size;
        }
      };
    },
  },
};
