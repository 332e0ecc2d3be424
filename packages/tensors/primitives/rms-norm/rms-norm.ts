import { kernel } from '../../executors/wasm/form.ts';
import { operand, type Primitive } from '../../plan/primitive.ts';
import type { Tensor } from '../../plan/types.ts';
import { derivativeOfGradient } from '../recompose.ts';
import { rmsNormComposition } from './composition.ts';
import { rmsNormGradTfjs, rmsNormTfjs } from './tfjs.ts';
import { rmsNormGradWgsl, rmsNormWgsl } from './wgsl.ts';

type Epsilon = { readonly epsilon: number };

/** x [N, D] over the root of its mean square along D (plus epsilon), times gain [D]. */
export const rmsNorm = (x: Tensor, gain: Tensor, epsilon = 1e-5): Tensor =>
  x.trace.emit('rmsNorm', [x, gain], { epsilon })[0]!;

export const rmsNormPrimitive: Primitive<Epsilon> = {
  name: 'rmsNorm',
  infer(inputs) {
    const x = operand('rmsNorm', inputs, 0, 2);
    const gain = operand('rmsNorm', inputs, 1, 1);
    if (x.shape[1] !== gain.shape[0]) throw new Error(`rmsNorm: [${x.shape}] and gain [${gain.shape}] do not fit`);
    return [x];
  },
  derivative: ({ inputs: [x, gain], attributes }, [dy]) => dy!.trace.emit('rmsNormGrad', [x!, gain!, dy!], attributes),
  tfjs: rmsNormTfjs,
  wgsl: rmsNormWgsl,
  wasm: {
    bind({ inputs: [x, gain], outputs: [y], attributes: { epsilon }, kernels }) {
      const run = kernel(kernels, 'rmsNorm');
      const [rows, width] = x!.shape as [number, number];
      return () => run(x!.at, gain!.at, y!.at, rows, width, epsilon);
    },
  },
};

/** (x [N, D], gain [D], dy [N, D]) -> (dx [N, D], dGain [D]). */
export const rmsNormGradPrimitive: Primitive<Epsilon> = {
  name: 'rmsNormGrad',
  infer: (inputs) => [operand('rmsNormGrad', inputs, 0), operand('rmsNormGrad', inputs, 1)],
  derivative: derivativeOfGradient(rmsNormComposition, 2),
  tfjs: rmsNormGradTfjs,
  wgsl: rmsNormGradWgsl,
  wasm: {
    adds: 1,
    bind({ inputs: [x, gain, dy], outputs: [dx, dGain], attributes: { epsilon }, kernels }) {
      const run = kernel(kernels, 'rmsNormGrad');
      const [rows, width] = x!.shape as [number, number];
      return (adding) => run(x!.at, gain!.at, dy!.at, dx!.at, dGain!.at, rows, width, epsilon, Number(adding));
    },
  },
};
