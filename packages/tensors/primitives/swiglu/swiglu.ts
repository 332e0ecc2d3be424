import { kernel } from '../../executors/wasm/form.ts';
import { operand, type Primitive } from '../../plan/primitive.ts';
import { f32, type Tensor } from '../../plan/types.ts';
import { derivativeOfGradient } from '../recompose.ts';
import { swigluComposition } from './composition.ts';
import { swigluGradTfjs, swigluTfjs } from './tfjs.ts';
import { swigluGradWgsl, swigluWgsl } from './wgsl.ts';

/** silu(gate) * up, where gateUp [N, 2F] holds gate and up side by side: [N, F]. */
export const swiglu = (gateUp: Tensor): Tensor => gateUp.trace.emit('swiglu', [gateUp])[0]!;

export const swigluPrimitive: Primitive = {
  name: 'swiglu',
  infer(inputs) {
    const [rows, width] = operand('swiglu', inputs, 0, 2).shape as [number, number];
    if (width % 2 !== 0) throw new Error(`swiglu: ${width} columns are not two equal halves`);
    return [f32(rows, width / 2)];
  },
  derivative: ({ inputs: [gateUp] }, [dy]) => dy!.trace.emit('swigluGrad', [gateUp!, dy!]),
  tfjs: swigluTfjs,
  wgsl: swigluWgsl,
  wasm: {
    bind({ inputs: [gateUp], outputs: [y], kernels }) {
      const run = kernel(kernels, 'swiglu');
      const [rows, half] = y!.shape as [number, number];
      return () => run(gateUp!.at, y!.at, rows, half);
    },
  },
};

/** (gateUp [N, 2F], dy [N, F]) -> dGateUp [N, 2F]. */
export const swigluGradPrimitive: Primitive = {
  name: 'swigluGrad',
  infer: (inputs) => [operand('swigluGrad', inputs, 0)],
  derivative: derivativeOfGradient(swigluComposition),
  tfjs: swigluGradTfjs,
  wgsl: swigluGradWgsl,
  wasm: {
    inPlace: [0],
    bind({ inputs: [gateUp, dy], outputs: [dGateUp], kernels }) {
      const run = kernel(kernels, 'swigluGrad');
      const [rows, half] = dy!.shape as [number, number];
      return () => run(gateUp!.at, dy!.at, dGateUp!.at, rows, half);
    },
  },
};
