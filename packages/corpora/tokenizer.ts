import { END_OF_TEXT } from '@pathfold/protocol/blob';
import * as z from 'zod/mini';
import { bytesOfToken, END_OF_TEXT_TOKEN, FIRST_BYTE_ID, preTokens } from './byte-level.ts';
import { Heap } from './heap.ts';

export interface Tokenizer {
  /**
   * Token ids of a text. Lone surrogates are read as U+FFFD. Never yields END_OF_TEXT: the characters
   * `<|endoftext|>` are text like any other, so that a document cannot end another.
   */
  encode(text: string): number[];
  /** Text of ids; END_OF_TEXT is nothing, broken UTF-8 becomes U+FFFD. Throws on an unknown id. */
  decode(ids: Iterable<number>): string;
  /** For text that arrives token by token: a token may end in the middle of a character. */
  decodeStream(): DecodeStream;
  vocabularySize: number;
  /** The bytes of text that an id stands for; END_OF_TEXT: none. Throws on an unknown id. */
  bytesOf(id: number): Uint8Array;
  /** How many bytes each id stands for. */
  byteLengths: Uint16Array;
}

export interface DecodeStream {
  /** The text that is complete after this id; empty while a character is still open. */
  push(id: number): string;
  /** The rest: U+FFFD if a character stayed open, else nothing. */
  end(): string;
}

const TokenizerJson = z.looseObject({
  added_tokens: z.array(z.looseObject({ id: z.int(), content: z.string() })),
  normalizer: z.null(),
  pre_tokenizer: z.looseObject({
    type: z.literal('ByteLevel'),
    add_prefix_space: z.literal(false),
    use_regex: z.literal(true),
  }),
  model: z.looseObject({
    type: z.literal('BPE'),
    vocab: z.record(z.string(), z.int().check(z.minimum(0), z.maximum(0xffff))),
    merges: z.array(z.union([z.tuple([z.string(), z.string()]), z.string()])),
  }),
});

const CACHED_PRE_TOKENS = 65_536;
const CACHED_LENGTH = 64;

/** Reads a tokenizer.json as `trainTokenizer` writes it: byte-level BPE. Throws an Error on any other kind. */
export function readTokenizer(json: string): Tokenizer {
  const { model, added_tokens } = TokenizerJson.parse(JSON.parse(json));
  const vocabulary = new Map(Object.entries(model.vocab));
  const vocabularySize = vocabulary.size;
  const end = added_tokens.find((token) => token.content === END_OF_TEXT_TOKEN);
  if (end?.id !== END_OF_TEXT || vocabulary.get(END_OF_TEXT_TOKEN) !== END_OF_TEXT)
    throw new Error(`tokenizer.json: ${END_OF_TEXT_TOKEN} must have id ${END_OF_TEXT}`);

  const bytes: Uint8Array[] = new Array(vocabularySize);
  for (const [token, id] of vocabulary) bytes[id] = id === END_OF_TEXT ? new Uint8Array(0) : bytesOfToken(token);
  for (let id = 0; id < vocabularySize; id++)
    if (!bytes[id]) throw new Error(`tokenizer.json: no token has id ${id} of ${vocabularySize}`);
  for (let byte = 0; byte < 256; byte++) {
    const token = bytes[FIRST_BYTE_ID + byte];
    if (token?.length !== 1 || token[0] !== byte)
      throw new Error(`tokenizer.json: id ${FIRST_BYTE_ID + byte} must be the byte ${byte}`);
  }

  /** Pair (left * vocabularySize + right) to merge rank; rank to merged id. */
  const ranks = new Map<number, number>();
  const mergedIds = new Uint16Array(model.merges.length);
  model.merges.forEach((merge, rank) => {
    const [left, right] = typeof merge === 'string' ? merge.split(' ') : merge;
    const ids = [left!, right!, left! + right!].map((token) => vocabulary.get(token));
    if (ids.includes(undefined)) throw new Error(`tokenizer.json: merge ${rank} uses a token that has no id`);
    ranks.set(ids[0]! * vocabularySize + ids[1]!, rank);
    mergedIds[rank] = ids[2]!;
  });

  const encoder = new TextEncoder();
  const cache = new Map<string, number[]>();
  const idsOf = (preToken: string): number[] => {
    const known = cache.get(preToken);
    if (known) return known;
    const ids = Array.from(encoder.encode(preToken), (byte) => byte + FIRST_BYTE_ID);
    const merged = mergePairs(ids, ranks, mergedIds, vocabularySize);
    if (preToken.length <= CACHED_LENGTH) {
      if (cache.size >= CACHED_PRE_TOKENS) cache.clear();
      cache.set(preToken, merged);
    }
    return merged;
  };

  const bytesOf = (id: number): Uint8Array => {
    const token = bytes[id];
    if (!token) throw new RangeError(`token id ${id} is not below ${vocabularySize}`);
    return token;
  };
  const decodeStream = (): DecodeStream => {
    const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
    return { push: (id) => decoder.decode(bytesOf(id), { stream: true }), end: () => decoder.decode() };
  };

  return {
    encode(text) {
      const out: number[] = [];
      for (const preToken of preTokens(text)) for (const id of idsOf(preToken)) out.push(id);
      return out;
    },
    decode(ids) {
      const stream = decodeStream();
      let text = '';
      for (const id of ids) text += stream.push(id);
      return text + stream.end();
    },
    decodeStream,
    bytesOf,
    vocabularySize,
    byteLengths: Uint16Array.from(bytes, (token) => token.length),
  };
}

/**
 * Merges neighbours, lowest rank first and leftmost among equals, until none is left: n log n in the
 * number of bytes, so that a pre-token of any length is safe.
 */
function mergePairs(ids: number[], ranks: Map<number, number>, mergedIds: Uint16Array, size: number): number[] {
  const count = ids.length;
  const next = Int32Array.from(ids, (_, at) => at + 1);
  const previous = Int32Array.from(ids, (_, at) => at - 1);
  const heap = new Heap();
  const rankAt = (at: number) => (next[at]! < count ? ranks.get(ids[at]! * size + ids[next[at]!]!) : undefined);
  const offer = (at: number) => {
    const rank = rankAt(at);
    if (rank !== undefined) heap.push(rank * 2 ** 32 + at);
  };
  for (let at = 0; at + 1 < count; at++) offer(at);
  while (heap.size > 0) {
    const key = heap.pop();
    const at = key % 2 ** 32;
    const rank = (key - at) / 2 ** 32;
    if (ids[at] === -1 || rankAt(at) !== rank) continue;
    const gone = next[at]!;
    ids[at] = mergedIds[rank]!;
    ids[gone] = -1;
    next[at] = next[gone]!;
    if (next[at]! < count) previous[next[at]!] = at;
    offer(at);
    if (previous[at]! >= 0) offer(previous[at]!);
  }
  return ids.filter((id) => id !== -1);
}
