import { type LlamaShape, NORM_EPSILON, ROPE_BASE } from '@pathfold/nets/llama-shape';
import { END_OF_TEXT } from '@pathfold/protocol/blob';
import { PathfoldError } from '@pathfold/protocol/errors';
import { hiddenWidth } from './layout.ts';
import { densePath, type PathWeights, parameterCount, splitPath, weightsOf } from './path.ts';

/** A float32 tensor, row-major. */
export interface NamedTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** A tensor of Hugging Face's Llama, and where it lies in a tensor of ours. */
interface Place {
  readonly name: string;
  readonly shape: readonly number[];
  readonly of: string;
  /**
   * For a linear layer, which `torch.nn.Linear` stores as [out, in]: its first column in our matrix [in, columns], where
   * fused matrices hold several side by side. Left out: the tensor is the same in both.
   */
  readonly from?: number;
}

/** All tensors of a path, in the order in which they are written; a tied head is not stored again. */
const placesOf = ({ width, blocks, vocabulary, tied }: LlamaShape): Place[] => {
  const hidden = hiddenWidth(width);
  const same = (name: string, of: string, ...shape: number[]): Place => ({ name: `${name}.weight`, of, shape });
  const linear = (name: string, of: string, rows: number, columns: number, from = 0): Place => ({
    ...{ name: `${name}.weight`, of, shape: [columns, rows], from },
  });
  return [
    same('model.embed_tokens', 'tokens', vocabulary, width),
    ...Array.from({ length: blocks }, (_, index) => {
      const at = (name: string) => `model.layers.${index}.${name}`;
      const own = (tensor: string) => `block${index}.${tensor}`;
      return [
        same(at('input_layernorm'), own('attentionNorm'), width),
        linear(at('self_attn.q_proj'), own('qkv'), width, width),
        linear(at('self_attn.k_proj'), own('qkv'), width, width, width),
        linear(at('self_attn.v_proj'), own('qkv'), width, width, 2 * width),
        linear(at('self_attn.o_proj'), own('attentionOut'), width, width),
        same(at('post_attention_layernorm'), own('mlpNorm'), width),
        linear(at('mlp.gate_proj'), own('gateUp'), width, hidden),
        linear(at('mlp.up_proj'), own('gateUp'), width, hidden, hidden),
        linear(at('mlp.down_proj'), own('down'), hidden, width),
      ];
    }).flat(),
    same('model.norm', 'finalNorm', width),
    ...(tied ? [] : [linear('lm_head', 'output', width, vocabulary)]),
  ];
};

/** Calls back with the index of each value of a linear layer in theirs, and in the matrix of ours. */
const eachValue = (
  { shape: [out, rows], from }: Place,
  length: number,
  visit: (theirs: number, ours: number) => void,
) => {
  const columns = length / rows!;
  for (let row = 0; row < rows!; row++)
    for (let column = 0; column < out!; column++) visit(column * rows! + row, row * columns + from! + column);
};

/** The path's tensors under the names and in the layouts of Hugging Face's Llama. */
export const toLlama = ({ model, tensor }: PathWeights): NamedTensor[] =>
  placesOf(model).map((place) => {
    const { name, shape, of, from } = place;
    const ours = tensor(of);
    if (from === undefined) return { name, shape, data: ours };
    const data = new Float32Array(shape[0]! * shape[1]!);
    eachValue(place, ours.length, (there, here) => {
      data[there] = ours[here]!;
    });
    return { name, shape, data };
  });

const sizes = (shape: readonly number[]): string => shape.join('x');

/** Theta of a path of this shape, flat. Throws PathfoldError `bad_checkpoint`, which names the tensor that does not fit. */
export const fromLlama = (tensors: readonly NamedTensor[], model: LlamaShape): Float32Array => {
  const path = densePath(model);
  const theta = new Float32Array(parameterCount(path));
  const { tensor } = weightsOf(path, splitPath(theta, path));
  const left = new Map(tensors.map((one) => [one.name, one]));
  for (const place of placesOf(model)) {
    const { name, shape, of, from } = place;
    const found = left.get(name);
    if (!left.delete(name) || !found) throw new PathfoldError('bad_checkpoint', `there is no tensor ${name}`);
    if (sizes(found.shape) !== sizes(shape))
      throw new PathfoldError(
        'bad_checkpoint',
        `${name} is ${sizes(found.shape)} where the model asks for ${sizes(shape)}`,
      );
    const ours = tensor(of);
    if (from === undefined) ours.set(found.data);
    else
      eachValue(place, ours.length, (there, here) => {
        ours[here] = found.data[there]!;
      });
  }
  const [odd] = left.keys();
  if (odd !== undefined) throw new PathfoldError('bad_checkpoint', `the model has no place for the tensor ${odd}`);
  return theta;
};

/** `config.json` of a `LlamaForCausalLM`. */
export const llamaConfig = ({ width, blocks, heads, context, vocabulary, tied }: LlamaShape) => ({
  architectures: ['LlamaForCausalLM'],
  model_type: 'llama',
  hidden_size: width,
  intermediate_size: hiddenWidth(width),
  num_hidden_layers: blocks,
  num_attention_heads: heads,
  num_key_value_heads: heads,
  head_dim: width / heads,
  vocab_size: vocabulary,
  max_position_embeddings: context,
  hidden_act: 'silu',
  rms_norm_eps: NORM_EPSILON,
  rope_theta: ROPE_BASE,
  tie_word_embeddings: tied,
  attention_bias: false,
  mlp_bias: false,
  bos_token_id: END_OF_TEXT,
  eos_token_id: END_OF_TEXT,
  torch_dtype: 'float32',
});

/** `generation_config.json`. */
export const generationConfig = {
  bos_token_id: END_OF_TEXT,
  eos_token_id: END_OF_TEXT,
  do_sample: true,
  temperature: 0.8,
  top_p: 0.95,
};

/** `tokenizer_config.json`. */
export const tokenizerConfig = ({ context }: LlamaShape) => ({
  tokenizer_class: 'PreTrainedTokenizerFast',
  bos_token: '<|endoftext|>',
  eos_token: '<|endoftext|>',
  model_max_length: context,
});
