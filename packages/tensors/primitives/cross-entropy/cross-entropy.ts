import { kernel } from '../../executors/wasm/form.ts';
import { operand, type Primitive } from '../../plan/primitive.ts';
import { f32, type Tensor } from '../../plan/types.ts';
import { derivativeOfGradient } from '../recompose.ts';
import { crossEntropyComposition } from './composition.ts';
import { crossEntropyGradTfjs, crossEntropyTfjs } from './tfjs.ts';
import { crossEntropyGradWgsl, crossEntropyWgsl } from './wgsl.ts';

/** Nats of targets [N] (i32) under the softmax of logits [N, V]: [N]. */
export const crossEntropy = (logits: Tensor, targets: Tensor): Tensor =>
  logits.trace.emit('crossEntropy', [logits, targets])[0]!;

export const crossEntropyPrimitive: Primitive = {
  name: 'crossEntropy',
  infer(inputs) {
    const rows = operand('crossEntropy', inputs, 0, 2).shape[0]!;
    if (operand('crossEntropy', inputs, 1, 1).shape[0] !== rows) throw new Error('crossEntropy: one target a row');
    return [f32(rows)];
  },
  derivative: ({ inputs: [logits, targets] }, [dNats]) => [
    dNats!.trace.emit('crossEntropyGrad', [logits!, targets!, dNats!])[0]!,
    null,
  ],
  tfjs: crossEntropyTfjs,
  wgsl: crossEntropyWgsl,
  wasm: {
    scratchFloats: ([logits]) => logits![1]!,
    bind({ inputs: [logits, targets], outputs: [nats], scratch, kernels }) {
      const run = kernel(kernels, 'crossEntropy');
      const [rows, width] = logits!.shape as [number, number];
      return () => run(logits!.at, targets!.at, nats!.at, rows, width, scratch);
    },
  },
};

/** (logits [N, V], targets [N], dNats [N]) -> dLogits [N, V]. */
export const crossEntropyGradPrimitive: Primitive = {
  name: 'crossEntropyGrad',
  infer: (inputs) => [operand('crossEntropyGrad', inputs, 0)],
  derivative: derivativeOfGradient(crossEntropyComposition),
  tfjs: crossEntropyGradTfjs,
  wgsl: crossEntropyGradWgsl,
  wasm: {
    inPlace: [0],
    bind({ inputs: [logits, targets, dNats], outputs: [dLogits], kernels }) {
      const run = kernel(kernels, 'crossEntropyGrad');
      const [rows, width] = logits!.shape as [number, number];
      return () => run(logits!.at, targets!.at, dNats!.at, dLogits!.at, rows, width);
    },
  },
};
