import { describe, expect, test } from 'vitest';
import { normOf, WeightedMean } from './fold.ts';
import { RescaledMean } from './rescaled-mean.ts';

const rescaled = (paths: number, deltas: readonly (readonly [number[], weight: number])[]) => {
  const mean = new RescaledMean(deltas[0]![0].length, paths);
  for (const [delta, weight] of deltas) mean.add(new Float32Array(delta), weight, 1);
  return [...mean.mean()];
};

describe('rescaling by the square root of the paths', () => {
  test('by hand: orthogonal deltas of four paths get their size back', () => {
    const unit = (at: number): [number[], number] => [[0, 1, 2, 3].map((i) => (i === at ? 3 : 0)), 2];
    expect(rescaled(4, [0, 1, 2, 3].map(unit))).toEqual([1.5, 1.5, 1.5, 1.5]);
  });

  test('never more than the mean of the norms: deltas that agree are only averaged', () => {
    const alike = rescaled(2, [
      [[1, 2], 1],
      [[3, 6], 3],
    ]);
    expect(alike[0]).toBeCloseTo(2.5, 6);
    expect(normOf(new Float32Array(alike))).toBeCloseTo((Math.hypot(1, 2) + 3 * Math.hypot(3, 6)) / 4, 5);
  });

  test('one path is its own mean; nothing stays nothing', () => {
    expect(rescaled(1, [[[1, -2], 5]])).toEqual([1, -2]);
    expect(rescaled(3, [[[0, 0], 1]])).toEqual([0, 0]);
  });
});

test('the cosine of deltas: of one angle, of none, and weighted by size', () => {
  const cosine = (...deltas: number[][]) => {
    const mean = new WeightedMean(2);
    for (const delta of deltas) mean.add(new Float32Array(delta), 1, 1);
    return mean.cosine;
  };
  expect(cosine([1, 0])).toBeNull();
  expect(cosine([1, 0], [0, 0])).toBeNull();
  expect(cosine([2, 0], [3, 3])).toBeCloseTo(Math.SQRT1_2, 6);
  // Pairs of sizes 1*2, 1*4 and 2*4 at cosines 0, -1 and 0.
  expect(cosine([1, 0], [0, 2], [-4, 0])).toBeCloseTo(-4 / 14, 6);
});
