import { describe, expect, test } from 'vitest';
import { toLlama } from '../llama-names.ts';
import { randomPath } from '../random-path.fixture.ts';
import { readGguf } from './gguf.fixture.ts';
import { ggufOf } from './llama.ts';
import { encodeTensor } from './quants.ts';

const NOTES = { runName: 'whales', path: '0', round: 3, corpusName: 'starter', licence: 'CC0-1.0' };
const TOKENIZER = new TextEncoder().encode(
  JSON.stringify({ model: { vocab: { a: 1, '<|endoftext|>': 0, b: 2, ab: 3 }, merges: [['a', 'b']] } }),
);
const TYPES = ['F16', 'Q8_0', 'Q4_0'] as const;
const path = randomPath({ width: 96, heads: 4, blocks: 2, vocabulary: 40, tied: false });
const written = (type: (typeof TYPES)[number], weights = path) =>
  readGguf(ggufOf(type).write(weights, TOKENIZER, NOTES));

/**
 * The most that a value moves, as a share of its block's largest: half a step of the code (of Q4_0 a whole one, where the
 * largest has the other sign and its code is cut at 15), and the rounding of the scale to float16.
 */
const ROUNDING = { F16: 2 ** -11, Q8_0: 0.5 / 127 + 2 ** -11, Q4_0: 1 / 8 + 2 ** -11 };

/** How far the farthest value of any block has moved, as a share of its block's largest. */
const mostMoved = (read: Float32Array, wanted: Float32Array): number => {
  let most = 0;
  for (let start = 0; start < wanted.length; start += 32) {
    const block = wanted.subarray(start, start + 32);
    const largest = Math.max(...block.map(Math.abs));
    block.forEach((value, i) => {
      most = Math.max(most, Math.abs(read[start + i]! - value) / largest);
    });
  }
  return most;
};

describe.each(TYPES)('%s', (type) => {
  const { magic, version, metadata, tensors, dataStart, dataBytes } = written(type);

  test('is a GGUF file of version 3 whose tensors are aligned and follow one another', () => {
    expect([magic, version, dataStart % 32]).toEqual(['GGUF', 3, 0]);
    let end = 0;
    for (const { offset, bytes } of tensors.values()) {
      expect(offset).toBe(end);
      end = Math.ceil((offset + bytes) / 32) * 32;
    }
    expect(dataBytes).toBe(end);
  });

  test('holds every tensor within the rounding of its type; norms are F32, bit for bit', () => {
    const ours = toLlama(path);
    expect(tensors.size).toBe(ours.length);
    [...tensors.values()].forEach(({ type: its, shape, values }, i) => {
      expect(shape).toEqual(ours[i]!.shape);
      expect(its).toBe(shape.length === 1 ? 'F32' : type);
      const { name, data } = ours[i]!;
      if (its === 'F32') expect(values).toEqual(data);
      // Rows of queries and keys stand in another order: below.
      else if (!/(q|k)_proj/.test(name)) expect(mostMoved(values, data), name).toBeLessThanOrEqual(ROUNDING[type]);
    });
  });

  test('describes a llama with our tokenizer', () => {
    expect(metadata).toMatchObject({
      'general.architecture': 'llama',
      'general.license': 'CC0-1.0',
      'general.file_type': { F16: 1, Q8_0: 7, Q4_0: 2 }[type],
      'llama.context_length': 32,
      'llama.embedding_length': 96,
      'llama.block_count': 2,
      'llama.feed_forward_length': 256,
      'llama.attention.head_count': 4,
      'llama.attention.head_count_kv': 4,
      'llama.rope.freq_base': 10_000,
      'llama.rope.dimension_count': 24,
      'llama.vocab_size': 40,
      'tokenizer.ggml.merges': ['a b'],
      'tokenizer.ggml.bos_token_id': 0,
      'tokenizer.ggml.eos_token_id': 0,
      'tokenizer.ggml.add_bos_token': true,
    });
    expect(metadata['llama.attention.layer_norm_rms_epsilon']).toBeCloseTo(1e-5, 12);
    const tokens = metadata['tokenizer.ggml.tokens'] as string[];
    expect(tokens.slice(0, 5)).toEqual(['<|endoftext|>', 'a', 'b', 'ab', '[PAD4]']);
    expect([tokens.length, new Set(tokens).size]).toEqual([40, 40]);
    expect((metadata['tokenizer.ggml.token_type'] as number[]).slice(0, 5)).toEqual([3, 1, 1, 1, 5]);
  });
});

test('channels of queries and keys that turn together are neighbours', () => {
  const ours = new Map(toLlama(path).map(({ name, data }) => [name, data]));
  const { tensors } = written('F16');
  for (const [theirs, name] of [
    ['blk.1.attn_q.weight', 'model.layers.1.self_attn.q_proj.weight'],
    ['blk.1.attn_k.weight', 'model.layers.1.self_attn.k_proj.weight'],
  ] as const) {
    const row = (values: Float32Array, at: number) => values.subarray(at * 96, (at + 1) * 96);
    for (const [its, from] of [
      [0, 0],
      [1, 12],
      [2, 1],
      [23, 23],
      [24 + 1, 24 + 12],
      [72 + 22, 72 + 11],
    ] as const)
      row(tensors.get(theirs)!.values, its).forEach((value, i) => {
        expect(value).toBeCloseTo(row(ours.get(name)!, from)[i]!, 3);
      });
  }
});

test('a tied head is not stored, and rows that are no whole blocks are F16', () => {
  const { tensors } = written('Q4_0', randomPath({ width: 32, heads: 2, blocks: 1, vocabulary: 40, tied: true }));
  expect(tensors.has('output.weight')).toBe(false);
  // The hidden width is 88.
  expect(tensors.get('blk.0.ffn_down.weight')).toMatchObject({ type: 'F16', shape: [32, 88] });
  expect(tensors.get('blk.0.ffn_up.weight')).toMatchObject({ type: 'Q4_0', shape: [88, 32] });
});

test('blocks are coded as ggml codes them', () => {
  const ramp = Float32Array.from({ length: 32 }, (_, i) => i - 16);
  const coded = (values: Float32Array, type: 'Q8_0' | 'Q4_0') => [...encodeTensor(values, [1, 32], type).bytes];
  // Largest -16: scale 2, 1 / 2 exactly. A value x becomes floor(x / 2 + 8.5), at most 15; 0x4000 is 2 in float16.
  const codes = Array.from(ramp, (x) => Math.min(15, Math.floor(x / 2 + 8.5)));
  expect(coded(ramp, 'Q4_0')).toEqual([
    0x00,
    0x40,
    ...codes.slice(0, 16).map((code, i) => code | (codes[i + 16]! << 4)),
  ]);
  // Largest 127: scale 1, 0x3c00 in float16. Ties go away from zero.
  const halves = Float32Array.from({ length: 32 }, (_, i) => (i === 0 ? 127 : (i % 2 === 0 ? 1 : -1) * (i - 0.5)));
  const rounded = Array.from(halves, (x, i) => (i === 0 ? 127 : Math.sign(x) * i) & 0xff);
  expect(coded(halves, 'Q8_0')).toEqual([0x00, 0x3c, ...rounded]);
  expect(coded(new Float32Array(32), 'Q8_0')).toEqual(new Array(34).fill(0));
});
