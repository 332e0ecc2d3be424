import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { trainTokenizer } from './bpe.ts';
import { BYTE_CHARACTERS, preTokens } from './byte-level.ts';

const mergesOf = (json: string): [string, string][] => JSON.parse(json).model.merges;

/** The algorithm as the paper tells it: count all pairs of all words again for each merge. */
function plainMerges(texts: string[], count: number): [string, string][] {
  let words = texts
    .flatMap((text) => preTokens(text))
    .map((word) => Array.from(new TextEncoder().encode(word), (byte) => BYTE_CHARACTERS[byte]!));
  const ids = new Map(BYTE_CHARACTERS.map((character, byte) => [character, byte]));
  const merges: [string, string][] = [];
  while (merges.length < count) {
    const counts = new Map<string, { pair: [string, string]; count: number }>();
    for (const word of words)
      for (let at = 0; at + 1 < word.length; at++) {
        const pair: [string, string] = [word[at]!, word[at + 1]!];
        const entry = counts.get(pair.join(' ')) ?? { pair, count: 0 };
        entry.count++;
        counts.set(pair.join(' '), entry);
      }
    const order = (pair: [string, string]) => ids.get(pair[0])! * 10_000 + ids.get(pair[1])!;
    const best = [...counts.values()].sort((a, b) => b.count - a.count || order(a.pair) - order(b.pair))[0];
    if (!best || best.count < 2) break;
    const [left, right] = best.pair;
    merges.push([left, right]);
    if (!ids.has(left + right)) ids.set(left + right, ids.size);
    words = words.map((word) => {
      const out: string[] = [];
      for (let at = 0; at < word.length; at++)
        out.push(word[at] === left && word[at + 1] === right ? left + word[++at]! : word[at]!);
      return out;
    });
  }
  return merges;
}

describe('trainTokenizer', () => {
  test('merges as the plain algorithm does', () => {
    const texts = fc.array(fc.string({ unit: fc.constantFrom('a', 'b', 'c', ' ', 'é', '1'), maxLength: 60 }), {
      maxLength: 8,
    });
    fc.assert(
      fc.property(texts, (texts) => {
        const vocabulary = 257 + 20;
        const json = trainTokenizer(texts, vocabulary);
        const size = Object.keys(JSON.parse(json).model.vocab).length;
        const merges = mergesOf(json);
        expect(merges).toEqual(plainMerges(texts, merges.length));
        if (size < vocabulary) expect(plainMerges(texts, merges.length + 1)).toHaveLength(merges.length);
      }),
    );
  });

  test('does not depend on the order of the texts', () => {
    const texts = ['the cat sat on the mat', 'that hat', 'a mat, a hat; the cat'];
    expect(trainTokenizer([...texts].reverse(), 280)).toBe(trainTokenizer(texts, 280));
  });

  test('a smaller vocabulary is the beginning of a larger one', () => {
    const texts = ['she sells sea shells by the sea shore; the shells she sells are sea shells'];
    expect(mergesOf(trainTokenizer(texts, 290)).slice(0, 10)).toEqual(mergesOf(trainTokenizer(texts, 267)));
  });

  test('ids: END_OF_TEXT, the 256 bytes, the merges in order', () => {
    const { vocab } = JSON.parse(trainTokenizer(['aaa aaa'], 258)).model;
    expect(
      Object.entries(vocab)
        .sort((a, b) => Number(a[1]) - Number(b[1]))
        .map(([token]) => token),
    ).toEqual(['<|endoftext|>', ...BYTE_CHARACTERS, 'aa']);
  });

  test('stops early when no pair occurs twice', () => {
    expect(mergesOf(trainTokenizer(['ab'], 8192))).toEqual([]);
  });

  test.each([256, 8193, 300.5, Number.NaN])('refuses a vocabulary of %s', (vocabulary) => {
    expect(() => trainTokenizer(['text'], vocabulary)).toThrow(RangeError);
  });
});
