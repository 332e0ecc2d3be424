import type { Shape, Tensor } from '@pathfold/tensors/plan/types';
import { add } from '@pathfold/tensors/primitives/add/add';
import { causalAttention } from '@pathfold/tensors/primitives/causal-attention/causal-attention';
import { embedding } from '@pathfold/tensors/primitives/embedding/embedding';
import { matmul } from '@pathfold/tensors/primitives/matmul/matmul';
import { unpack } from '@pathfold/tensors/primitives/pack/pack';
import { rmsNorm } from '@pathfold/tensors/primitives/rms-norm/rms-norm';
import { rope } from '@pathfold/tensors/primitives/rope/rope';
import { swiglu } from '@pathfold/tensors/primitives/swiglu/swiglu';
import { type LlamaShape, ROPE_BASE } from './llama-shape.ts';

/** The tensors of a module in the order of its flat parameters, as `checkpoint/layout.ts` lays them out. */
interface Layout {
  readonly tensors: readonly { readonly name: string; readonly shape: Shape }[];
}

/** The tensors of a path by name, cut out of its flat parameters. */
export const pathTensors = (theta: Tensor, modules: readonly Layout[]): ((name: string) => Tensor) => {
  const shapes = modules.flatMap((module) => module.tensors);
  const tensors = unpack(
    theta,
    shapes.map(({ shape }) => shape),
  );
  const byName = new Map(shapes.map(({ name }, index) => [name, tensors[index]!]));
  return (name) => {
    const tensor = byName.get(name);
    if (!tensor) throw new Error(`the path has no tensor ${name}`);
    return tensor;
  };
};

/**
 * The hidden state after the last block, before the final norm: [N, D]. tokens [N] (i32) are whole sequences of
 * `context` one after another.
 */
export const llamaHidden = (model: LlamaShape, w: (name: string) => Tensor, tokens: Tensor): Tensor => {
  const { width, blocks, heads, context } = model;
  const rotation = { context, heads: 2 * heads, headWidth: width / heads, base: ROPE_BASE };
  let x_ND = embedding(w('tokens'), tokens);
  for (let block = 0; block < blocks; block++) {
    const at = (name: string) => w(`block${block}.${name}`);
    const qkv = rope(matmul(rmsNorm(x_ND, at('attentionNorm')), at('qkv')), rotation);
    x_ND = add(x_ND, matmul(causalAttention(qkv, { context, heads }), at('attentionOut')));
    const hidden_NF = swiglu(matmul(rmsNorm(x_ND, at('mlpNorm')), at('gateUp')));
    x_ND = add(x_ND, matmul(hidden_NF, at('down')));
  }
  return x_ND;
};

/** Logits [N, V] of the next token at every position. */
export const llamaLogits = (model: LlamaShape, w: (name: string) => Tensor, tokens: Tensor): Tensor => {
  const x_ND = rmsNorm(llamaHidden(model, w, tokens), w('finalNorm'));
  return model.tied ? matmul(x_ND, w('tokens'), { transposeB: true }) : matmul(x_ND, w('output'));
};
