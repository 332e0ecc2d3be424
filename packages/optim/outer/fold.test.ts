import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { normOf, WeightedMean } from './fold.ts';

describe('weighted mean', () => {
  test('by hand', () => {
    const mean = new WeightedMean(2);
    mean.add(new Float32Array([1, 2]), 3, 1);
    mean.add(new Float32Array([5, -2]), 1, 0.5);
    expect(mean.weight).toBe(4);
    expect([...mean.mean()]).toEqual([(3 + 2.5) / 4, (6 - 1) / 4]);
  });

  test('sums in double precision: a small delta survives beside large ones that cancel', () => {
    const mean = new WeightedMean(1);
    for (const value of [1e8, 0.25, -1e8, 0.25]) mean.add(new Float32Array([value]), 1, 1);
    expect([...mean.mean()]).toEqual([0.125]);
  });

  test('one delta alone is its own mean, bit for bit, whatever its weight', () => {
    fc.assert(
      fc.property(
        fc.float32Array({ noNaN: true, noDefaultInfinity: true, minLength: 1 }),
        fc.integer({ min: 1, max: 1e6 }),
        (delta, weight) => {
          const mean = new WeightedMean(delta.length);
          mean.add(delta, weight, 1);
          // The sum starts at +0, so the sign of a zero is not kept.
          expect(mean.mean()).toEqual(delta.map((value) => value + 0));
        },
      ),
    );
  });

  test('lengths that differ and a mean of nothing are refused', () => {
    expect(() => new WeightedMean(2).add(new Float32Array(3), 1, 1)).toThrow('3 values where 2');
    expect(() => new WeightedMean(2).mean()).toThrow('no contributions');
  });
});

describe('norm', () => {
  test('by hand, at every length around the unrolled loop', () => {
    expect(normOf(new Float32Array(0))).toBe(0);
    expect(normOf(new Float32Array([3, 4]))).toBe(5);
    for (let n = 1; n < 10; n++) expect(normOf(new Float32Array(n).fill(2))).toBeCloseTo(2 * Math.sqrt(n), 12);
  });

  test('is finite exactly when every value is', () => {
    expect(normOf(new Float32Array(1000).fill(3.4e38))).toBeGreaterThan(1e39);
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])
      for (let at = 0; at < 9; at++) {
        const values = new Float32Array(9).fill(1);
        values[at] = bad;
        expect(Number.isFinite(normOf(values))).toBe(false);
      }
  });
});
