import { END_OF_TEXT } from '@pathfold/protocol/blob';
import { NORM_EPSILON, type PathWeights, ROPE_BASE } from '../path-weights.ts';
import type { NamedTensor } from './safetensors.ts';

/**
 * A linear layer as `torch.nn.Linear` stores it, [out, in], from `count` columns of a matrix [in, columns], row-major.
 * Fused matrices hold several layers side by side.
 */
const linear = (name: string, data: Float32Array, rows: number, from = 0, count = data.length / rows): NamedTensor => {
  const columns = data.length / rows;
  const turned = new Float32Array(rows * count);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < count; column++) turned[column * rows + row] = data[row * columns + from + column]!;
  return { name, shape: [count, rows], data: turned };
};

const vector = (name: string, data: Float32Array): NamedTensor => ({ name, shape: [data.length], data });

/** The path's tensors under the names and in the layouts of Hugging Face's Llama; a tied head is not stored again. */
export const llamaTensors = (weights: PathWeights): NamedTensor[] => {
  const { width, hidden, vocabulary, embedding_VD, finalGain_D, head_DV } = weights;
  return [
    { name: 'model.embed_tokens.weight', shape: [vocabulary, width], data: embedding_VD },
    ...weights.blocks.flatMap((block, index) => {
      const at = (name: string) => `model.layers.${index}.${name}.weight`;
      return [
        vector(at('input_layernorm'), block.attentionGain_D),
        linear(at('self_attn.q_proj'), block.qkv_D3D, width, 0, width),
        linear(at('self_attn.k_proj'), block.qkv_D3D, width, width, width),
        linear(at('self_attn.v_proj'), block.qkv_D3D, width, 2 * width, width),
        linear(at('self_attn.o_proj'), block.attentionOut_DD, width),
        vector(at('post_attention_layernorm'), block.mlpGain_D),
        linear(at('mlp.gate_proj'), block.gateUp_D2F, width, 0, hidden),
        linear(at('mlp.up_proj'), block.gateUp_D2F, width, hidden, hidden),
        linear(at('mlp.down_proj'), block.down_FD, hidden),
      ];
    }),
    vector('model.norm.weight', finalGain_D),
    ...(head_DV ? [linear('lm_head.weight', head_DV, width)] : []),
  ];
};

/** `config.json` of a `LlamaForCausalLM`. */
export const llamaConfig = (weights: PathWeights) => ({
  architectures: ['LlamaForCausalLM'],
  model_type: 'llama',
  hidden_size: weights.width,
  intermediate_size: weights.hidden,
  num_hidden_layers: weights.blocks.length,
  num_attention_heads: weights.heads,
  num_key_value_heads: weights.heads,
  head_dim: weights.width / weights.heads,
  vocab_size: weights.vocabulary,
  max_position_embeddings: weights.context,
  hidden_act: 'silu',
  rms_norm_eps: NORM_EPSILON,
  rope_theta: ROPE_BASE,
  tie_word_embeddings: weights.head_DV === null,
  attention_bias: false,
  mlp_bias: false,
  bos_token_id: END_OF_TEXT,
  eos_token_id: END_OF_TEXT,
  torch_dtype: 'float32',
});

export const generationConfig = {
  bos_token_id: END_OF_TEXT,
  eos_token_id: END_OF_TEXT,
  do_sample: true,
  temperature: 0.8,
  top_p: 0.95,
};
