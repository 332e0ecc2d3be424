import fc from 'fast-check';
import { expect, test } from 'vitest';
import { nearDuplicateGroups } from './near-duplicates.ts';

/** By definition, from strings: no hashes, no candidates. */
function similarity(a: string, b: string): number {
  const shingles = (text: string) => {
    const words = text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
    const count = Math.max(1, words.length - 12);
    return new Set(Array.from({ length: count }, (_, at) => words.slice(at, at + 13).join(' ')));
  };
  const [x, y] = [shingles(a), shingles(b)];
  const both = [...x].filter((shingle) => y.has(shingle)).length;
  return both / (x.size + y.size - both);
}

/** Texts that are cut from few sources, so that overlaps of all sizes occur. */
const overlapping = fc.array(
  fc
    .record({
      source: fc.nat(2),
      start: fc.nat(40),
      length: fc.integer({ min: 0, max: 80 }),
      edit: fc.option(fc.nat(80)),
    })
    .map(({ source, start, length, edit }) =>
      Array.from({ length }, (_, at) => (at === edit ? 'edited' : `w${source}x${start + at}`)).join(' '),
    ),
  { maxLength: 14 },
);

test('groups are exactly the connected components of Jaccard >= 0.5', () => {
  fc.assert(
    fc.property(overlapping, (texts) => {
      const groups = nearDuplicateGroups(texts);
      const expected = texts.map((_, index) => index);
      for (let round = 0; round < texts.length; round++)
        texts.forEach((a, i) => {
          texts.forEach((b, j) => {
            if (similarity(a, b) >= 0.5) expected[i] = expected[j] = Math.min(expected[i]!, expected[j]!);
          });
        });
      expect([...groups]).toEqual(expected);
    }),
    { numRuns: 100 },
  );
});

test('case, punctuation and line breaks make no difference', () => {
  expect([...nearDuplicateGroups(['One, two; three!', 'one two\nTHREE', 'one two four'])]).toEqual([0, 0, 2]);
});
