import { END_OF_TEXT } from '@pathfold/protocol/blob';
import { BYTE_CHARACTERS, END_OF_TEXT_TOKEN, FIRST_BYTE_ID, FIRST_MERGE_ID, preTokens } from './byte-level.ts';
import { Heap } from './heap.ts';

const MAX_VOCABULARY = 8192;
/** Longer pre-tokens (encoded data, no words) teach no merges. */
const MAX_WORD_BYTES = 256;

/**
 * Trains a byte-level BPE (Sennrich et al. 2016): merges the most frequent pair of neighbours until
 * `vocabulary` tokens exist; among equal counts the pair with the smaller ids. Exact and deterministic,
 * whatever the order of the texts.
 *
 * @param vocabulary 257 (bytes only) to 8192. The result is smaller when no pair occurs twice any more.
 * @returns tokenizer.json in Hugging Face's form.
 */
export function trainTokenizer(texts: Iterable<string>, vocabulary: number): string {
  if (!Number.isInteger(vocabulary) || vocabulary < FIRST_MERGE_ID || vocabulary > MAX_VOCABULARY)
    throw new RangeError(`vocabulary ${vocabulary} is not between ${FIRST_MERGE_ID} and ${MAX_VOCABULARY}`);
  const words = new Words(texts);
  const tokens = [END_OF_TEXT_TOKEN, ...BYTE_CHARACTERS];
  const ids = new Map(tokens.map((token, id) => [token, id]));
  const merges: [string, string][] = [];
  while (tokens.length < vocabulary) {
    const pair = words.mostFrequentPair();
    if (!pair) break;
    const left = tokens[pair.left]!;
    const right = tokens[pair.right]!;
    merges.push([left, right]);
    const token = left + right;
    if (!ids.has(token)) ids.set(token, tokens.push(token) - 1);
    words.merge(pair, ids.get(token)!);
  }
  return tokenizerJson(ids, merges);
}

interface Pair {
  left: number;
  right: number;
}

const keyOf = (left: number, right: number) => left * MAX_VOCABULARY + right;
const KEYS = MAX_VOCABULARY ** 2;
const MAX_COUNT = 2 ** 26;

/** The different pre-tokens of the texts as symbol sequences, with the counts of all neighbouring pairs. */
class Words {
  readonly #symbols: number[][] = [];
  readonly #frequencies: number[] = [];
  readonly #pairCounts = new Map<number, number>();
  readonly #wordsOfPair = new Map<number, Set<number>>();
  /** Keys order by falling count, then rising pair. Entries may be out of date: `mostFrequentPair` checks. */
  readonly #heap = new Heap();

  constructor(texts: Iterable<string>) {
    const frequencies = new Map<string, number>();
    for (const text of texts)
      for (const word of preTokens(text)) frequencies.set(word, (frequencies.get(word) ?? 0) + 1);
    const encoder = new TextEncoder();
    for (const [word, frequency] of frequencies) {
      const bytes = encoder.encode(word);
      if (bytes.length > MAX_WORD_BYTES) continue;
      this.#symbols.push(Array.from(bytes, (byte) => byte + FIRST_BYTE_ID));
      this.#frequencies.push(frequency);
      this.#count(this.#symbols.length - 1, 1);
    }
    for (const pair of this.#pairCounts.keys()) this.#offer(pair);
  }

  mostFrequentPair(): Pair | null {
    while (this.#heap.size > 0) {
      const key = this.#heap.pop();
      const pair = key % KEYS;
      const count = MAX_COUNT - (key - pair) / KEYS;
      if (count === this.#countOf(pair))
        return { left: Math.floor(pair / MAX_VOCABULARY), right: pair % MAX_VOCABULARY };
    }
    return null;
  }

  merge({ left, right }: Pair, merged: number): void {
    const changed = new Set<number>();
    for (const word of [...(this.#wordsOfPair.get(keyOf(left, right)) ?? [])]) {
      for (const pair of this.#count(word, -1)) changed.add(pair);
      const symbols = this.#symbols[word]!;
      let to = 0;
      for (let from = 0; from < symbols.length; from++) {
        const hit = symbols[from] === left && symbols[from + 1] === right;
        symbols[to++] = hit ? merged : symbols[from]!;
        if (hit) from++;
      }
      symbols.length = to;
      for (const pair of this.#count(word, 1)) changed.add(pair);
    }
    for (const pair of changed) this.#offer(pair);
  }

  /** Adds (1) or takes away (-1) the pairs of a word; returns them. */
  #count(word: number, sign: 1 | -1): number[] {
    const symbols = this.#symbols[word]!;
    const frequency = sign * this.#frequencies[word]!;
    const pairs: number[] = [];
    for (let at = 0; at + 1 < symbols.length; at++) {
      const pair = keyOf(symbols[at]!, symbols[at + 1]!);
      pairs.push(pair);
      this.#pairCounts.set(pair, (this.#pairCounts.get(pair) ?? 0) + frequency);
      const words = this.#wordsOfPair.get(pair) ?? new Set();
      if (sign === 1) this.#wordsOfPair.set(pair, words.add(word));
      else words.delete(word);
    }
    return pairs;
  }

  #countOf(pair: number): number {
    return Math.min(this.#pairCounts.get(pair) ?? 0, MAX_COUNT);
  }

  #offer(pair: number): void {
    const count = this.#countOf(pair);
    if (count >= 2) this.#heap.push((MAX_COUNT - count) * KEYS + pair);
  }
}

const tokenizerJson = (ids: Map<string, number>, merges: [string, string][]): string =>
  JSON.stringify({
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: [
      {
        id: END_OF_TEXT,
        content: END_OF_TEXT_TOKEN,
        single_word: false,
        lstrip: false,
        rstrip: false,
        normalized: false,
        special: true,
      },
    ],
    normalizer: null,
    pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true },
    post_processor: null,
    decoder: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true },
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: false,
      vocab: Object.fromEntries(ids),
      merges,
    },
  });
