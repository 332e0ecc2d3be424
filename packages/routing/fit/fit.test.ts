import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { assignPath, pathScores } from '../assign/assign.ts';
import { type FeatureRouter, readRouter } from '../assign/router.ts';
import { bestPaths, fitDiscriminative, fitKmeans, fitProduct, targetOf } from './fit.ts';
import { about, blobs, mutualInformation, uniform } from './fixtures.ts';
import { type Rows, rowCount, rowOf } from './rows.ts';

const assigned = (router: FeatureRouter, features: Rows): number[] =>
  Array.from({ length: rowCount(features) }, (_, row) => assignPath(router, rowOf(features, row)));
const sharesOf = (router: FeatureRouter, features: Rows, weights: readonly number[]): number[] => {
  const shares = router.paths.map(() => 0);
  const whole = weights.reduce((sum, weight) => sum + weight, 0);
  assigned(router, features).forEach((path, row) => {
    shares[path]! += weights[row]! / whole;
  });
  return shares;
};

describe('k-means', () => {
  test('finds separated blobs of equal size exactly, whatever the seed', () => {
    const { features, truth, weights } = blobs([50, 50, 50, 50, 50, 50, 50, 50], 12, 0.5, 7);
    for (const seed of [1, 2, 3]) {
      const router = fitKmeans({ about: about(8), features, weights, seed });
      expect(mutualInformation(assigned(router, features), truth)).toBeCloseTo(1, 10);
    }
  });

  test('the same seed gives the same router, and it passes its schema', () => {
    const { features, weights } = blobs([30, 30, 30], 5, 4, 3);
    const fit = () => fitKmeans({ about: about(3), features, weights, seed: 5 });
    expect(fit()).toEqual(fit());
    expect(readRouter(JSON.parse(JSON.stringify(fit())))).toEqual(fit());
  });

  test('shards of unbalanced blobs are balanced all the same, and stay mostly true', () => {
    const { features, truth, weights } = blobs([700, 200, 60, 40], 16, 3, 1);
    const router = fitKmeans({ about: about(4), features, weights, seed: 1 });
    for (const share of sharesOf(router, features, weights)) expect(share).toBeCloseTo(0.25, 2);
    const unbalanced = { ...router, biases: [0, 0, 0, 0] };
    expect(Math.max(...sharesOf(unbalanced, features, weights))).toBeGreaterThan(0.5);
    expect(mutualInformation(assigned(router, features), truth)).toBeGreaterThan(0.4);
  });

  test('balance counts tokens, not documents', () => {
    const { features, truth } = blobs([300, 300], 4, 6, 2);
    const weights = truth.map((k, i) => (k === 0 ? 10 : 1) + (i % 3));
    const router = fitKmeans({ about: about(2), features, weights, seed: 1 });
    expect(sharesOf(router, features, weights)[0]).toBeCloseTo(0.5, 1);
  });

  test('a dimension that never varies is ignored', () => {
    const { features, weights, truth } = blobs([40, 40], 3, 0.2, 4);
    const values = Float32Array.from({ length: rowCount(features) * 4 }, (_, i) =>
      i % 4 === 3 ? 1e6 : features.values[Math.floor(i / 4) * 3 + (i % 4)]!,
    );
    const wide = { values, width: 4 };
    const router = fitKmeans({ about: about(2), features: wide, weights, seed: 1 });
    expect(router.scale[3]).toBe(0);
    expect(mutualInformation(assigned(router, wide), truth)).toBeCloseTo(1, 10);
    expect(assignPath(router, [...values.subarray(0, 3), -1e6])).toBe(assignPath(router, values.subarray(0, 4)));
  });
});

describe('product k-means', () => {
  test('recovers a grid: one factor in each half', () => {
    const draw = uniform(3);
    const truth = Array.from({ length: 600 }, (_, i) => i % 6);
    const values = Float32Array.from(
      truth.flatMap((k) => [
        ...[0, 1, 2].map((d) => (Math.floor(k / 3) === d ? 5 : 0) + draw()),
        ...[0, 1, 2].map((d) => (k % 3 === d ? 5 : 0) + draw()),
      ]),
    );
    const features = { values, width: 6 };
    const paths = ['0-0', '0-1', '0-2', '1-0', '1-1', '1-2'];
    const router = fitProduct({
      about: about(6, paths),
      features,
      weights: truth.map(() => 1),
      seed: 1,
      experts: [2, 3],
    });
    const found = assigned(router, features);
    expect(mutualInformation(found, truth)).toBeCloseTo(1, 10);
    const level1 = found.map((path) => Math.floor(path / 3));
    expect(
      mutualInformation(
        level1,
        truth.map((k) => Math.floor(k / 3)),
      ),
    ).toBeCloseTo(1, 10);
  });

  test('no product shard is empty, even where both halves say nearly the same', () => {
    const { features: half, weights } = blobs([300, 60, 30, 10], 4, 2, 9);
    const draw = uniform(5);
    const values = Float32Array.from(
      { length: rowCount(half) * 8 },
      (_, i) => half.values[Math.floor(i / 8) * 4 + (i % 4)]! + (i % 8 < 4 ? 0 : 0.5 * draw()),
    );
    const features = { values, width: 8 };
    const paths = Array.from({ length: 16 }, (_, p) => `${p >> 2}-${p & 3}`);
    const router = fitProduct({ about: about(16, paths), features, weights, seed: 1, experts: [4, 4] });
    const unbalanced = sharesOf({ ...router, biases: paths.map(() => 0) }, features, weights);
    expect(unbalanced.filter((share) => share === 0).length).toBeGreaterThan(0);
    expect(Math.min(...sharesOf(router, features, weights))).toBeGreaterThan(0.03);
  });
});

describe('discriminative routing', () => {
  const { features, truth, weights } = blobs([400, 300, 200, 100], 10, 2, 5);
  const router = { features, labels: truth };

  test('learns labels that a linear classifier can tell, and fills the paths as the labels do', () => {
    const target = targetOf(truth, 4, 0);
    expect(target).toEqual([0.4, 0.3, 0.2, 0.1].map((share) => expect.closeTo(share, 10)));
    const fitted = fitDiscriminative({ about: about(4), router, train: { features, weights }, target });
    const right = assigned(fitted, features).filter((path, row) => path === truth[row]).length;
    expect(right / truth.length).toBeGreaterThan(0.98);
    expect(sharesOf(fitted, features, weights)).toEqual(target.map((share) => expect.closeTo(share, 2)));
    expect(readRouter(JSON.parse(JSON.stringify(fitted)))).toEqual(fitted);
  });

  test('even shares where asked for, although the labels are not', () => {
    const target = targetOf(truth, 4, 1);
    const fitted = fitDiscriminative({ about: about(4), router, train: { features, weights }, target });
    for (const share of sharesOf(fitted, features, weights)) expect(share).toBeCloseTo(0.25, 2);
  });

  test('only the biases differ between two targets', () => {
    const fit = (evenness: number) =>
      fitDiscriminative({
        about: about(4),
        router,
        train: { features, weights },
        target: targetOf(truth, 4, evenness),
      });
    expect({ ...fit(0), biases: [] }).toEqual({ ...fit(1), biases: [] });
  });

  test('a path that is best for no document gets its part of the evenness', () => {
    const labels = truth.map((k) => Math.min(k, 2));
    const target = targetOf(labels, 4, 0.4);
    const fitted = fitDiscriminative({
      about: about(4),
      router: { features, labels },
      train: { features, weights },
      target,
    });
    expect(sharesOf(fitted, features, weights)[3]).toBeCloseTo(0.1, 2);
  });

  test('the best path of a document is the one that loses least, of equal ones the first', () => {
    expect(
      bestPaths([
        [3, 1, 2],
        [2, 1, 3],
        [2, 5, 1],
      ]),
    ).toEqual([1, 0, 2]);
  });
});

test('any documents are balanced as well as whole documents allow', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1e6 }), fc.integer({ min: 2, max: 12 }), (seed, paths) => {
      const draw = uniform(seed);
      const { features } = blobs(
        Array.from({ length: 5 }, () => 20 + Math.floor(100 * draw())),
        6,
        5 * draw(),
        seed,
      );
      const weights = Array.from({ length: rowCount(features) }, () => 1 + Math.floor(3 * draw()));
      const router = fitKmeans({ about: about(paths), features, weights, seed });
      const whole = weights.reduce((sum, weight) => sum + weight, 0);
      for (const share of sharesOf(router, features, weights))
        expect(Math.abs(share - 1 / paths)).toBeLessThan(Math.max(0.1 / paths, 6 / whole));
    }),
    { numRuns: 20, seed: 11 },
  );
});

describe('refuses', () => {
  const { features, weights, truth } = blobs([5, 5], 4, 1, 1);
  const kmeans = (options: Partial<Parameters<typeof fitKmeans>[0]>) =>
    fitKmeans({ about: about(4), features, weights, seed: 1, ...options });

  test('fewer documents than paths, or fewer different ones', () => {
    expect(() => kmeans({ about: about(11) })).toThrow('10 documents cannot be dealt to 11 paths');
    const same = { values: new Float32Array(40).fill(3), width: 4 };
    expect(() => kmeans({ features: same })).toThrow('only 1 of 10 documents differ in their features');
  });

  test('features that are not finite', () => {
    const values = features.values.slice();
    values[9] = Number.NaN;
    expect(() => kmeans({ features: { values, width: 4 } })).toThrow('dimension 1 of document 2 is NaN');
  });

  test('weights and labels that do not belong to the documents', () => {
    expect(() => kmeans({ weights: [1] })).toThrow('1 weights for 10 documents');
    expect(() => kmeans({ weights: weights.map((_, i) => (i === 3 ? -1 : 1)) })).toThrow('document 3 weighs -1');
    expect(() => kmeans({ weights: weights.map(() => 0) })).toThrow('nothing');
    const discriminative = (labels: number[]) =>
      fitDiscriminative({
        about: about(2),
        router: { features, labels },
        train: { features, weights },
        target: [0.5, 0.5],
      });
    expect(() => discriminative([1])).toThrow('1 labels for 10 router documents');
    expect(() => discriminative(truth.map(() => 2))).toThrow('a label is none of the 2 paths');
  });

  test('one document that outweighs all others leaves no path without any', () => {
    const router = kmeans({ weights: weights.map((_, i) => (i === 0 ? 1e6 : 1)) });
    expect(new Set(assigned(router, features)).size).toBe(4);
  });

  test('levels that do not make the paths', () => {
    expect(() => fitProduct({ about: about(4), features, weights, seed: 1, experts: [2, 3] })).toThrow(
      'levels of 2x3 experts make no 4 paths',
    );
  });
});

test('scores that tie go to the first path', () => {
  const router: FeatureRouter = {
    ...about(3),
    kind: 'kmeans',
    mean: [0],
    scale: [1],
    centroids: [[[1], [-1], [1]]],
    biases: [0, 0, 0],
  };
  expect([...pathScores(router, [1])]).toEqual([0, -4, 0]);
  expect(assignPath(router, [0])).toBe(0);
  expect(assignPath(router, [1])).toBe(0);
});
