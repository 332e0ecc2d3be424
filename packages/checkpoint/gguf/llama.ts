import { NORM_EPSILON, ROPE_BASE } from '@pathfold/nets/llama-shape';
import { END_OF_TEXT } from '@pathfold/protocol/blob';
import * as z from 'zod/mini';
import type { ExportNotes, WeightFormat } from '../formats.ts';
import { hiddenWidth } from '../layout.ts';
import { type NamedTensor, toLlama } from '../llama-names.ts';
import type { PathWeights } from '../path.ts';
import { encodeGguf, type TensorType, type Value } from './encode.ts';
import { encodeTensor } from './quants.ts';

/** `llama_ftype` of a file whose matrices are mostly of a type. */
const FILE_TYPE = { F16: 1, Q4_0: 2, Q8_0: 7 } as const;
/** `GGML_QNT_VERSION`: the layout of quantised blocks. */
const QUANTISATION_VERSION = 2;
/** `llama_token_type`. */
const TOKEN_TYPE = { normal: 1, control: 3, unused: 5 } as const;

/** llama.cpp's names of the tensors of Hugging Face's Llama. */
const WHOLE: Readonly<Record<string, string>> = {
  'model.embed_tokens': 'token_embd',
  'model.norm': 'output_norm',
  lm_head: 'output',
};
const IN_BLOCK: Readonly<Record<string, string>> = {
  input_layernorm: 'attn_norm',
  'self_attn.q_proj': 'attn_q',
  'self_attn.k_proj': 'attn_k',
  'self_attn.v_proj': 'attn_v',
  'self_attn.o_proj': 'attn_output',
  post_attention_layernorm: 'ffn_norm',
  'mlp.gate_proj': 'ffn_gate',
  'mlp.up_proj': 'ffn_up',
  'mlp.down_proj': 'ffn_down',
};

const ggmlName = (name: string): string => {
  const [, block, inBlock] = /^model\.layers\.(\d+)\.(.+)\.weight$/.exec(name) ?? [];
  return inBlock ? `blk.${block}.${IN_BLOCK[inBlock]}.weight` : `${WHOLE[name.slice(0, -'.weight'.length)]}.weight`;
};

/**
 * Rows of a query or key matrix as llama.cpp rotates them. Ours rotates channel i of a head with channel i + half, llama.cpp
 * neighbours 2i and 2i + 1 (`LlamaModel.permute` of its convert_hf_to_gguf.py).
 */
const interleaved = ({ data, shape }: NamedTensor, heads: number): Float32Array => {
  const [rows, columns] = shape as [number, number];
  const headRows = rows / heads;
  const half = headRows / 2;
  const turned = new Float32Array(data.length);
  for (let row = 0; row < rows; row++) {
    const channel = row % headRows;
    const from = row - channel + (channel % 2) * half + Math.floor(channel / 2);
    turned.set(data.subarray(from * columns, (from + 1) * columns), row * columns);
  }
  return turned;
};

const Tokenizer = z.looseObject({
  model: z.looseObject({
    vocab: z.record(z.string(), z.int()),
    merges: z.array(z.union([z.tuple([z.string(), z.string()]), z.string()])),
  }),
});

/** The byte-level BPE as llama.cpp's `gpt2`; `gpt-2` is GPT-2's cut into words, as ours. Ids beyond the tokenizer's are unused. */
const tokenizerOf = (tokenizerJson: Uint8Array, vocabulary: number): Record<string, Value> => {
  const { model } = Tokenizer.parse(JSON.parse(new TextDecoder().decode(tokenizerJson)));
  const tokens = Array.from({ length: vocabulary }, (_, id) => `[PAD${id}]`);
  const types = new Array<number>(vocabulary).fill(TOKEN_TYPE.unused);
  for (const [token, id] of Object.entries(model.vocab)) {
    tokens[id] = token;
    types[id] = id === END_OF_TEXT ? TOKEN_TYPE.control : TOKEN_TYPE.normal;
  }
  return {
    'tokenizer.ggml.model': { string: 'gpt2' },
    'tokenizer.ggml.pre': { string: 'gpt-2' },
    'tokenizer.ggml.tokens': { strings: tokens },
    'tokenizer.ggml.token_type': { i32s: types },
    'tokenizer.ggml.merges': {
      strings: model.merges.map((merge) => (typeof merge === 'string' ? merge : merge.join(' '))),
    },
    'tokenizer.ggml.bos_token_id': { u32: END_OF_TEXT },
    'tokenizer.ggml.eos_token_id': { u32: END_OF_TEXT },
    'tokenizer.ggml.add_bos_token': { bool: true },
    'tokenizer.ggml.add_eos_token': { bool: false },
  };
};

const metadataOf = (
  { width, blocks, heads, context, vocabulary }: PathWeights['model'],
  { runName, path, round, corpusName, licence }: ExportNotes,
  type: keyof typeof FILE_TYPE,
): Record<string, Value> => ({
  'general.architecture': { string: 'llama' },
  'general.name': { string: runName },
  'general.description': { string: `Path ${path} after ${round} outer rounds on the corpus "${corpusName}".` },
  'general.license': { string: licence },
  'general.file_type': { u32: FILE_TYPE[type] },
  'general.quantization_version': { u32: QUANTISATION_VERSION },
  'llama.context_length': { u32: context },
  'llama.embedding_length': { u32: width },
  'llama.block_count': { u32: blocks },
  'llama.feed_forward_length': { u32: hiddenWidth(width) },
  'llama.attention.head_count': { u32: heads },
  'llama.attention.head_count_kv': { u32: heads },
  'llama.attention.layer_norm_rms_epsilon': { f32: NORM_EPSILON },
  'llama.rope.freq_base': { f32: ROPE_BASE },
  'llama.rope.dimension_count': { u32: width / heads },
  'llama.vocab_size': { u32: vocabulary },
});

/** GGUF files that llama.cpp loads as `llama`, with matrices of a type. */
export const ggufOf = (type: Exclude<TensorType, 'F32'>): WeightFormat => ({
  contentType: 'application/octet-stream',
  write(weights, tokenizerJson, notes) {
    const { model } = weights;
    const tensors = toLlama(weights).map((tensor) => {
      const { name, shape, data } = tensor;
      const values = /\.(q|k)_proj\./.test(name) ? interleaved(tensor, model.heads) : data;
      return { name: ggmlName(name), shape, ...encodeTensor(values, shape, type) };
    });
    const metadata = { ...metadataOf(model, notes, type), ...tokenizerOf(tokenizerJson, model.vocabulary) };
    return encodeGguf(metadata, tensors);
  },
});
