import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FOLD_RULES } from './registry.ts';
import type { Sent } from './rule.ts';

type Rule = keyof typeof FOLD_RULES;
const RULES = Object.keys(FOLD_RULES) as Rule[];

async function fold(rule: Rule, rows: readonly number[][], centre = rows[0]!.map(() => 0)): Promise<number[]> {
  const sent: Sent[] = rows.map((row) => ({ values: async (start, end) => Float32Array.from(row.slice(start, end)) }));
  return [...(await FOLD_RULES[rule](sent, Float32Array.from(centre)))];
}

const value = fc.float({ min: -2, max: 2, noNaN: true });
const rows = (count: number) =>
  fc.array(fc.array(value, { minLength: 3, maxLength: 3 }), { minLength: count, maxLength: count });

describe('robust folds by hand', () => {
  test('median: the middle of three, the mean of the middle two of four', async () => {
    expect(await fold('median', [[1, 9], [3, -5], [100, 2]])).toEqual([3, 2]); // biome-ignore format: rows
    expect(await fold('median', [[1], [2], [4], [-1000]])).toEqual([1.5]);
  });

  test('trimmed mean: one off each end of four, two of eight', async () => {
    expect(await fold('trimmed-mean', [[1], [2], [4], [-1000]])).toEqual([1.5]);
    expect(
      await fold(
        'trimmed-mean',
        [1000, 900, 1, 2, 3, 6, -5, -5].map((one) => [one]),
      ),
    ).toEqual([3]);
    expect(await fold('trimmed-mean', [[1], [2], [6], [7], [900]])).toEqual([5]);
  });

  test('centred clipping: no way from the centre is longer than the lower median of them', async () => {
    // From (1, 0): lengths 1, 2, 5, radius 2, the last one turns into (-2, 0).
    expect(await fold('centered-clipping', [[1, 1], [1, 2], [-4, 0]], [1, 0])).toEqual([Math.fround(1 / 3), 1]); // biome-ignore format: rows
  });

  test('geometric median: where the diagonals cross, which a far corner does not move', async () => {
    for (const far of [10, 1000]) {
      const [x, y] = await fold('geometric-median', [[0, 0], [0, 2], [2, 0], [far, far]]); // biome-ignore format: rows
      expect(x).toBeCloseTo(1, 1);
      expect(y).toBeCloseTo(1, 1);
    }
  });
});

describe.each(RULES)('%s', (rule) => {
  test('answers a single contribution, and equal ones, as they are', async () => {
    await fc.assert(
      fc.asyncProperty(value, value, fc.integer({ min: 1, max: 9 }), async (a, b, count) => {
        const folded = await fold(
          rule,
          Array.from({ length: count }, () => [a, b]),
        );
        expect(folded[0]).toBeCloseTo(a, 5);
        expect(folded[1]).toBeCloseTo(b, 5);
      }),
      { numRuns: 30 },
    );
  });

  test('two that are as far from the centre are averaged', async () => {
    const folded = await fold(rule, [[3, 4], [5, 0]]); // biome-ignore format: rows
    expect(folded[0]).toBeCloseTo(4, 6);
    expect(folded[1]).toBeCloseTo(2, 6);
  });

  test('one hostile of four, however far, keeps the fold within reach of the honest three', async () => {
    await fc.assert(
      fc.asyncProperty(rows(3), fc.constantFrom(-1e6, 1e6), fc.integer({ min: 0, max: 3 }), async (honest, far, at) => {
        const folded = await fold(rule, honest.toSpliced(at, 0, [far, -far, far]));
        // Twice the reach of the honest: (2/3) sqrt(12) times 3 bounds the geometric median of three in four.
        for (const one of folded) expect(Math.abs(one)).toBeLessThan(11);
      }),
      { numRuns: 60 },
    );
  });

  test('the order of contributions changes nothing beyond the rounding', async () => {
    await fc.assert(
      fc.asyncProperty(rows(5), async (all) => {
        const [there, back] = [await fold(rule, all), await fold(rule, all.toReversed())];
        there.forEach((one, i) => {
          expect(one).toBeCloseTo(back[i]!, 4);
        });
      }),
      { numRuns: 40 },
    );
  });
});

test('median and trimmed mean stay within the honest range in every coordinate', async () => {
  await fc.assert(
    fc.asyncProperty(rows(3), fc.constantFrom(-1e6, 1e6), async (honest, far) => {
      for (const rule of ['median', 'trimmed-mean'] as const) {
        const folded = await fold(rule, [...honest, [far, far, far]]);
        folded.forEach((one, i) => {
          const column = honest.map((row) => row[i]!);
          expect(one).toBeGreaterThanOrEqual(Math.min(...column));
          expect(one).toBeLessThanOrEqual(Math.max(...column));
        });
      }
    }),
  );
});
