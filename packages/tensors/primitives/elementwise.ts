import { kernel } from '../executors/wasm/form.ts';
import { each } from '../executors/webgpu/form.ts';
import { operand, type Primitive, sameShape, type Tf, type TfTensor } from '../plan/primitive.ts';

/** The parts that differ between elementwise primitives. */
interface Elementwise {
  /** Also of the WebAssembly kernel, with `Each` behind it: it takes the operands, the result and the count. */
  readonly name: string;
  /** Operands, all of one shape. */
  readonly operands: 1 | 2;
  tfjs(tf: Tf, a: TfTensor, b: TfTensor): TfTensor;
  /** A WGSL expression of `a` and `b`, and the functions that it uses. */
  readonly wgsl: string;
  readonly declarations?: string;
  readonly derivative: NonNullable<Primitive['derivative']>;
}

export const elementwise = ({ name, operands, tfjs, wgsl, declarations = '', derivative }: Elementwise): Primitive => ({
  name,
  infer(inputs) {
    const a = operand(name, inputs, 0);
    if (operands === 2) sameShape(name, a.shape, operand(name, inputs, 1).shape);
    return [a];
  },
  derivative,
  tfjs: ({ tf }, [a, b]) => [tfjs(tf, a!, b!)],
  wgsl: {
    inPlace: [0],
    kernels({ inputs: [a, b], outputs: [y] }) {
      const read = b ? 'let a = x0(i); let b = x1(i);' : 'let a = x0(i);';
      const places = { reads: { x0: a!, ...(b && { x1: b }) }, writes: { y: y! } };
      return [{ ...each(y!.size, places, `${read} set_y(i, ${wgsl});`), declarations }];
    },
  },
  wasm: {
    inPlace: [0],
    bind({ inputs, outputs: [y], kernels }) {
      const run = kernel(kernels, `${name}Each`);
      const places = [...inputs, y!].map(({ at }) => at);
      return () => run(...places, y!.size);
    },
  },
});
