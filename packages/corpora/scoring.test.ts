import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { prefixLength, scoredPart, scoringWindows } from './scoring.ts';

const byteLengths = Uint16Array.from([0, 1, 2, 3, 9]);
const documents = fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 200 });
const contexts = fc.integer({ min: 2, max: 40 });
const prefixes = fc.integer({ min: 0, max: 300 });

describe('scoringWindows', () => {
  test('score each token that starts at or after the prefix exactly once, in order', () => {
    fc.assert(
      fc.property(documents, contexts, prefixes, (ids, context, prefixBytes) => {
        const scored = scoringWindows(ids, byteLengths, { context, prefixBytes }).flatMap(
          ({ start, length, scoreFrom }) =>
            Array.from({ length: length - scoreFrom }, (_, at) => start + scoreFrom + at),
        );
        let offset = 0;
        const expected = ids.flatMap((id, index) => {
          const starts = offset;
          offset += byteLengths[id]!;
          return starts >= prefixBytes ? [index] : [];
        });
        expect(scored).toEqual(expected);
      }),
    );
  });

  test('give each scored token half a context before it, or the whole document so far', () => {
    fc.assert(
      fc.property(documents, contexts, prefixes, (ids, context, prefixBytes) => {
        for (const { start, length, scoreFrom } of scoringWindows(ids, byteLengths, { context, prefixBytes })) {
          expect(length).toBeLessThanOrEqual(context);
          expect(start + length).toBeLessThanOrEqual(ids.length);
          expect(scoreFrom).toBeLessThan(length);
          if (start > 0) expect(scoreFrom).toBeGreaterThanOrEqual(context / 2);
        }
      }),
    );
  });

  test('an example: context 4, prefix 3 bytes, 7 tokens of one byte', () => {
    expect(scoringWindows([1, 1, 1, 1, 1, 1, 1], byteLengths, { context: 4, prefixBytes: 3 })).toEqual([
      { start: 0, length: 4, scoreFrom: 3 },
      { start: 2, length: 4, scoreFrom: 2 },
      { start: 4, length: 3, scoreFrom: 2 },
    ]);
  });

  test('an empty document, and one shorter than the prefix, have none', () => {
    expect(scoringWindows([], byteLengths, { context: 4, prefixBytes: 0 })).toEqual([]);
    expect(scoringWindows([1, 1], byteLengths, { context: 4, prefixBytes: 128 })).toEqual([]);
  });
});

test('scoredPart counts the same tokens, and their bytes', () => {
  expect(scoredPart([3, 4, 1, 2], byteLengths, 4)).toEqual({ from: 2, tokens: 2, bytes: 3 });
  fc.assert(
    fc.property(documents, contexts, prefixes, (ids, context, prefixBytes) => {
      const windows = scoringWindows(ids, byteLengths, { context, prefixBytes });
      const tokens = windows.reduce((sum, { length, scoreFrom }) => sum + length - scoreFrom, 0);
      expect(scoredPart(ids, byteLengths, prefixBytes).tokens).toBe(tokens);
    }),
  );
});

test('the prefix is what nobody scores, cut to so many tokens; a short document is its own', () => {
  const ids = [3, 4, 1, 2];
  expect(prefixLength(ids, byteLengths, { prefixBytes: 4, prefixTokens: 9 })).toBe(
    scoredPart(ids, byteLengths, 4).from,
  );
  expect(prefixLength(ids, byteLengths, { prefixBytes: 4, prefixTokens: 1 })).toBe(1);
  expect(prefixLength(ids, byteLengths, { prefixBytes: 1000, prefixTokens: 9 })).toBe(4);
  expect(prefixLength([], byteLengths, { prefixBytes: 4, prefixTokens: 9 })).toBe(0);
});
