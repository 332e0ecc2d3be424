import fc from 'fast-check';
import { expect, test } from 'vitest';
import { nextPath, reroutedPaths } from './reroute.ts';

test('the path of a chunk is the one that lost least on all chunks before it', () => {
  const nats = [
    [5, 1, 9, 9],
    [4, 3, 1, 9],
    [9, 9, 9, 0],
  ];
  // After chunk 0: 5 4 9; after 1: 6 7 18; after 2: 15 8 27.
  expect(reroutedPaths(2, nats)).toEqual([2, 1, 0, 1]);
});

test('where nothing is better, the path stays', () => {
  expect(
    reroutedPaths(1, [
      [1, 1],
      [1, 1],
      [1, 1],
    ]),
  ).toEqual([1, 1]);
  expect(nextPath(2, [3, 3, 3])).toBe(2);
  expect(nextPath(2, [1, 1, 3])).toBe(0);
});

test('no chunk chooses its own scorer, nor does a later one', () => {
  const losses = fc.array(fc.array(fc.double({ min: 0, max: 9, noNaN: true }), { minLength: 6, maxLength: 6 }), {
    minLength: 3,
    maxLength: 3,
  });
  fc.assert(
    fc.property(losses, fc.nat(5), losses, (nats, chunk, other) => {
      const changed = nats.map((row, path) => [...row.slice(0, chunk), ...other[path]!.slice(chunk)]);
      expect(reroutedPaths(1, changed).slice(0, chunk + 1)).toEqual(reroutedPaths(1, nats).slice(0, chunk + 1));
    }),
    { seed: 5 },
  );
});

test('refuses paths that saw different chunks, and a first path that is none', () => {
  expect(() => reroutedPaths(0, [[1, 2], [1]])).toThrow('the same chunks');
  expect(() => reroutedPaths(2, [[1], [1]])).toThrow('the same chunks');
});
