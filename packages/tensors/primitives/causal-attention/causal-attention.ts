import { operand, type Primitive } from '../../plan/primitive.ts';
import { f32, type Tensor } from '../../plan/types.ts';
import { derivativeOfGradient } from '../recompose.ts';
import type { AttentionAttributes } from './attributes.ts';
import { causalAttentionComposition } from './composition.ts';
import { causalAttentionGradTfjs, causalAttentionTfjs } from './tfjs.ts';
import { causalAttentionGradWasm, causalAttentionWasm } from './wasm.ts';
import { causalAttentionGradWgsl, causalAttentionWgsl } from './wgsl.ts';

/**
 * Softmax attention over the own and earlier positions of each sequence. qkv [N, 3D] holds queries, keys and values
 * side by side, each `heads` stretches of D / heads columns; N is a multiple of context. Result [N, D].
 */
export const causalAttention = (qkv: Tensor, attributes: AttentionAttributes): Tensor =>
  qkv.trace.emit('causalAttention', [qkv], attributes)[0]!;

/**
 * qkv -> (result [N, D], statistics [N, heads]). The statistics are what the executor's own gradient form wants to
 * find again (such as the logarithms of the softmax sums); nothing else may read them.
 */
export const causalAttentionPrimitive: Primitive<AttentionAttributes> = {
  name: 'causalAttention',
  infer(inputs, { context, heads }) {
    const [rows, width] = operand('causalAttention', inputs, 0, 2).shape as [number, number];
    if (rows % context !== 0 || width % (3 * heads) !== 0)
      throw new Error(`causalAttention: [${rows}, ${width}] does not fit context ${context} and ${heads} heads`);
    return [f32(rows, width / 3), f32(rows, heads)];
  },
  derivative: ({ inputs: [qkv], outputs: [y, statistics], attributes }, [dy]) =>
    dy!.trace.emit('causalAttentionGrad', [qkv!, y!, statistics!, dy!], attributes),
  tfjs: causalAttentionTfjs,
  wgsl: causalAttentionWgsl,
  wasm: causalAttentionWasm,
};

/** (qkv, result, statistics, dResult) -> dQkv. */
export const causalAttentionGradPrimitive: Primitive<AttentionAttributes> = {
  name: 'causalAttentionGrad',
  infer: (inputs) => [operand('causalAttentionGrad', inputs, 0)],
  derivative: derivativeOfGradient(causalAttentionComposition),
  tfjs: causalAttentionGradTfjs,
  wgsl: causalAttentionGradWgsl,
  wasm: causalAttentionGradWasm,
};
