import { expect, test } from 'vitest';
import { baselinesOf } from './baselines.ts';
import { joinDocuments } from './shards.ts';

const byteLengths = Uint16Array.from([0, 1, 1, 2]);

test('an example by hand', () => {
  // Train: a b a b . -> counts: 0:1 a:2 b:2, N = 5, T = 3 of V = 4.
  const train = joinDocuments([[1, 2, 1, 2]]);
  const test = joinDocuments([[1, 3]]);
  const { unigramBitsPerByte, bigramBitsPerByte } = baselinesOf(train, test, byteLengths, { prefixBytes: 0 });
  const p = (count: number) => (count + 3 / 4) / (5 + 3);
  expect(unigramBitsPerByte).toBeCloseTo(-(Math.log2(p(2)) + Math.log2(p(0))) / 3, 12);
  // After END_OF_TEXT: once a. After a: b twice, one kind.
  const first = (1 + 1 * p(2)) / (1 + 1);
  const second = (0 + 1 * p(0)) / (2 + 1);
  expect(bigramBitsPerByte).toBeCloseTo(-(Math.log2(first) + Math.log2(second)) / 3, 12);
});

test('a token that starts inside the prefix is not scored', () => {
  const train = joinDocuments([[1, 2, 3, 2]]);
  const whole = baselinesOf(train, joinDocuments([[3, 2]]), byteLengths, { prefixBytes: 1 });
  const p = (count: number) => (count + 1) / (5 + 4);
  expect(whole.unigramBitsPerByte).toBeCloseTo(-Math.log2(p(2)), 12);
});

test('the probabilities of all next tokens sum to one', () => {
  const train = joinDocuments([
    [1, 2, 1, 1],
    [2, 2],
  ]);
  const mass = (history: number[]) =>
    [1, 2, 3].reduce((sum, next) => {
      const bytes = history.reduce((total, id) => total + byteLengths[id]!, 0);
      const document = joinDocuments([[...history, next]]);
      const { bigramBitsPerByte } = baselinesOf(train, document, byteLengths, { prefixBytes: bytes });
      return sum + 2 ** (-bigramBitsPerByte * byteLengths[next]!);
    }, 0);
  // END_OF_TEXT is missing: it is predicted but never scored.
  const end = (seen: number, count: number, kinds: number) =>
    (seen + (kinds * (2 + 3 / 4)) / (8 + 3)) / (count + kinds);
  expect(mass([])).toBeCloseTo(1 - end(0, 2, 2), 12);
  expect(mass([1])).toBeCloseTo(1 - end(1, 3, 3), 12);
});
