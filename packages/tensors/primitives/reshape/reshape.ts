import { operand, type Primitive } from '../../plan/primitive.ts';
import { f32, type Shape, sizeOf, type Tensor } from '../../plan/types.ts';

/** The same elements, in the same order, in another shape. */
export const reshape = (x: Tensor, shape: Shape): Tensor => x.trace.emit('reshape', [x], { shape })[0]!;

/** x as a constant: no gradient passes. */
export const stop = (x: Tensor): Tensor => x.trace.emit('stop', [x])[0]!;

export const reshapePrimitive: Primitive<{ readonly shape: Shape }> = {
  name: 'reshape',
  infer(inputs, { shape }) {
    const held = operand('reshape', inputs, 0).shape;
    if (sizeOf(held) !== sizeOf(shape)) throw new Error(`reshape: [${held}] does not hold [${shape}]`);
    return [f32(...shape)];
  },
  derivative: ({ inputs: [x] }, [dy]) => [reshape(dy!, x!.shape)],
  tfjs: ({ tf }, [x], { shape }) => [tf.reshape(x!, [...shape])],
  wgsl: { views: true, kernels: () => [] },
  wasm: { views: true, bind: () => () => {} },
};

export const stopPrimitive: Primitive = {
  name: 'stop',
  infer: (inputs) => [operand('stop', inputs, 0)],
  derivative: () => [null],
  tfjs: ({ tf }, [x]) => [tf.clone(x!)],
  wgsl: { views: true, kernels: () => [] },
  wasm: { views: true, bind: () => () => {} },
};
