import { kernel, type WasmCall, type WasmForm } from '../../executors/wasm/form.ts';
import type { Shape } from '../../plan/types.ts';
import type { AttentionAttributes } from './attributes.ts';

/** Query rows treated at once in kernels.as. */
const BLOCK = 32;

/** Packed keys, values and keys again; scores and their gradients; packed blocks of rows and columns. */
const scratchFloats = ([qkv]: readonly Shape[], { context, heads }: AttentionAttributes): number => {
  const padded = 8 * Math.ceil(context / 8);
  const wide = 8 * Math.ceil(qkv![1]! / (3 * heads) / 8);
  return 3 * padded * wide + 3 * BLOCK * padded + 2 * BLOCK * wide;
};

/** Places of all operands, then the sizes: what both kernels take. */
const bind =
  (name: string) =>
  ({ inputs, outputs, attributes: { context, heads }, scratch, kernels }: WasmCall<AttentionAttributes>) => {
    const run = kernel(kernels, name);
    const [rows, width] = inputs[0]!.shape as [number, number];
    const pointers = [...inputs, ...outputs].map(({ at }) => at);
    return () => void run(...pointers, rows / context, context, heads, width / (3 * heads), scratch);
  };

export const causalAttentionWasm: WasmForm<AttentionAttributes> = { scratchFloats, bind: bind('causalAttention') };
export const causalAttentionGradWasm: WasmForm<AttentionAttributes> = {
  scratchFloats,
  bind: bind('causalAttentionGrad'),
};
