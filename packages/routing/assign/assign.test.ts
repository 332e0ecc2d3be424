import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { assignPath, explainPath, pathScores, rankPaths } from './assign.ts';
import { checkBase, type FeatureRouter, type Router, readRouter } from './router.ts';

/** Numbers with no short form in binary or decimal. */
const numbers = (count: number, seed: number) =>
  Array.from({ length: count }, (_, i) => Math.sin(seed + i * 12.9898) * 3);
const matrix = (rows: number, columns: number, seed: number) =>
  Array.from({ length: rows }, (_, row) => numbers(columns, seed + 1000 * row));

const WIDTH = 32;
const PATHS = ['0-0', '0-1', '0-2', '1-0', '1-1', '1-2'];
const common = { version: 1, paths: PATHS, prefixBytes: 128, prefixTokens: 64 };
const fromFeatures = {
  ...common,
  base: ['a'.repeat(64), 'b'.repeat(64)],
  mean: numbers(WIDTH, 1),
  scale: numbers(WIDTH, 2).map(Math.abs),
  biases: numbers(6, 3),
};
const ROUTERS: Router[] = [
  { ...common, kind: 'random', seed: 7 },
  { ...fromFeatures, kind: 'kmeans', centroids: [matrix(6, WIDTH, 4)] },
  { ...fromFeatures, kind: 'product', centroids: [matrix(2, 16, 5), matrix(3, 16, 6)] },
  { ...fromFeatures, kind: 'discriminative', weights: matrix(6, WIDTH, 7) },
];
const [random, kmeans, product, discriminative] = ROUTERS as [Router, FeatureRouter, FeatureRouter, FeatureRouter];
const documents = Array.from({ length: 1000 }, (_, d) => Float32Array.from(numbers(WIDTH, 100 + d * 0.7)));
const tokens = documents.map((_, d) => Uint16Array.from({ length: d % 40 }, (_, i) => (d * 7919 + i * 104729) % 1024));
const evidence = (router: Router) => (router.kind === 'random' ? tokens : documents);

test.each(ROUTERS)(
  '$kind: 1,000 documents are routed alike before and after JSON, from float32 and from parsed numbers',
  (router) => {
    const parsed = readRouter(JSON.parse(JSON.stringify(router)));
    const paths = evidence(router).map((row) => {
      const again = JSON.parse(JSON.stringify(Array.from<number>(row))) as number[];
      expect(pathScores(parsed, again)).toEqual(pathScores(router, row));
      return assignPath(parsed, again);
    });
    expect(paths).toEqual(evidence(router).map((row) => assignPath(router, row)));
    expect(new Set(paths).size).toBeGreaterThan(1);
  },
);

test('scores by hand: minus squared distance, one sum a level, or a logit; then the bias', () => {
  const small = { ...common, base: fromFeatures.base, mean: [1, 2], scale: [2, 0] };
  const two = { ...small, paths: ['0', '1'], biases: [0.5, 0] };
  expect([
    ...pathScores(
      {
        ...two,
        kind: 'kmeans',
        centroids: [
          [
            [1, 0],
            [4, 3],
          ],
        ],
      },
      [3, 9],
    ),
  ]).toEqual([-8.5, -9]);
  expect([
    ...pathScores(
      {
        ...two,
        kind: 'discriminative',
        weights: [
          [1, 5],
          [-1, 5],
        ],
      },
      [3, 9],
    ),
  ]).toEqual([4.5, -4]);
  const grid = { ...small, paths: ['0-0', '0-1', '1-0', '1-1'], biases: [0, 0, 0, 100] };
  const levels = [
    [[4], [2]],
    [[0], [-1]],
  ];
  expect([...pathScores({ ...grid, kind: 'product', centroids: levels }, [3, 9])]).toEqual(
    [-0, -1, -4, 95].map((x) => x + 0),
  );
});

describe('random', () => {
  test('is stable, even, and depends on seed and every token', () => {
    const counts = PATHS.map(() => 0);
    for (const row of tokens) counts[assignPath(random, row)]! += 1;
    for (const count of counts) expect(Math.abs(count - 1000 / 6)).toBeLessThan(50);
    const moved = (router: Router, rows: Uint16Array[]) =>
      rows.filter((row, d) => assignPath(router, row) !== assignPath(random, tokens[d]!)).length;
    expect(moved({ ...common, kind: 'random', seed: 8 }, tokens)).toBeGreaterThan(700);
    expect(
      moved(
        random,
        tokens.map((row) => row.map((id, i) => (i === row.length - 1 ? id ^ 1 : id))),
      ),
    ).toBeGreaterThan(700);
  });

  test('a further path takes its share from the others and moves nothing between them', () => {
    const more: Router = {
      ...common,
      paths: [...PATHS.slice(0, 3), '0-3', ...PATHS.slice(3)],
      kind: 'random',
      seed: 7,
    };
    const paths = tokens.map((row) => [assignPath(random, row), assignPath(more, row)] as const);
    const moved = paths.filter(([before, after]) => more.paths[after] !== PATHS[before]);
    expect(moved.every(([, after]) => more.paths[after] === '0-3')).toBe(true);
    expect(Math.abs(moved.length - 1000 / 7)).toBeLessThan(50);
  });

  test('a document without tokens has a path too', () => {
    expect(assignPath(random, [])).toBe(assignPath(random, new Uint16Array(0)));
  });
});

test('ranks are the paths by score, the first of them the assigned one', () => {
  fc.assert(
    fc.property(fc.constantFrom(...ROUTERS), fc.nat(999), fc.integer({ min: 1, max: 8 }), (router, d, count) => {
      const row = evidence(router)[d]!;
      const ranks = rankPaths(router, row, count);
      const scores = pathScores(router, row);
      expect(ranks).toHaveLength(Math.min(count, 6));
      expect(ranks[0]).toBe(assignPath(router, row));
      expect(ranks.map((path) => scores[path])).toEqual([...scores].sort((a, b) => b - a).slice(0, count));
    }),
    { seed: 3 },
  );
});

test('equal scores rank by place', () => {
  const tied: Router = {
    ...kmeans,
    kind: 'kmeans',
    biases: PATHS.map(() => 0),
    centroids: [PATHS.map(() => numbers(WIDTH, 1))],
  };
  expect(rankPaths(tied, documents[0]!, 6)).toEqual([0, 1, 2, 3, 4, 5]);
  expect(assignPath(tied, documents[0]!)).toBe(0);
});

test('a choice names runner-up and margin', () => {
  const choice = explainPath(discriminative, documents[5]!);
  const scores = pathScores(discriminative, documents[5]!);
  expect([choice.path, choice.runnerUp]).toEqual(rankPaths(discriminative, documents[5]!, 2));
  expect(choice.margin).toBe(scores[choice.path]! - scores[choice.runnerUp!]!);
  const single: Router = { ...common, paths: ['0'], kind: 'random', seed: 1 };
  expect(explainPath(single, [1])).toEqual({ path: 0, runnerUp: null, margin: 0 });
  const shared: Router = { ...single, paths: ['0', '1'], splits: [{ from: '0', to: '1' }] };
  expect(explainPath(shared, [1])).toMatchObject({ runnerUp: null, margin: 0 });
});

describe('refuses', () => {
  test('a router for another base', () => {
    checkBase(kmeans, fromFeatures.base);
    checkBase(random, []);
    expect(() => checkBase(kmeans, ['b'.repeat(64), 'a'.repeat(64)])).toThrow(
      'router version 1 was made for another base (aaaaaaaa bbbbbbbb) than this one (bbbbbbbb aaaaaaaa)',
    );
  });

  test('features of another width, or not finite', () => {
    expect(() => assignPath(kmeans, [1, 2])).toThrow('a feature of 2 dimensions, the router reads 32');
    expect(() =>
      assignPath(
        kmeans,
        numbers(WIDTH, 1).map((x, d) => (d === 3 ? Number.NaN : x)),
      ),
    ).toThrow('dimension 3');
  });

  test.each<[string, object, string]>([
    ['an unknown kind', { ...kmeans, kind: 'guess' }, 'kind'],
    ['a missing base', { ...kmeans, base: [] }, 'base'],
    [
      'a number that is none',
      { ...kmeans, mean: fromFeatures.mean.map((x, d) => (d === 4 ? Number.NaN : x)) },
      'mean: 4',
    ],
    ['a field too many', { ...kmeans, temperature: 1 }, 'this is no router'],
    ['a path twice', { ...random, paths: ['0', '0'] }, 'a path is named twice'],
    ['biases of other paths', { ...kmeans, biases: [1] }, 'biases: has 1 entries for 6 paths'],
    ['scale of other dimensions', { ...kmeans, scale: [1] }, 'scale: has 1 dimensions, mean has 32'],
    [
      'centroids that make other paths',
      { ...product, centroids: [matrix(3, 16, 1), matrix(3, 16, 1)] },
      'make 9 paths, not 6',
    ],
    [
      'centroids of other dimensions',
      { ...product, centroids: [matrix(2, 16, 1), matrix(3, 15, 1)] },
      'read 31 dimensions',
    ],
    ['uneven centroids', { ...kmeans, centroids: [[...matrix(5, WIDTH, 1), [1]]] }, 'differ in dimensions'],
    ['k-means with levels', { ...product, kind: 'kmeans' }, 'k-means has one level'],
    ['a split of a path that is not there', { ...random, splits: [{ from: '7-7', to: '0-1' }] }, 'no path 7-7 yet'],
    ['a split to a path that is not there', { ...random, splits: [{ from: '0-0', to: '7-7' }] }, '7-7 is none'],
    [
      'a split of other dimensions',
      { ...kmeans, splits: [{ from: '0-0', to: '0-1', normal: [1], middle: 0 }] },
      'a normal has not 32 dimensions',
    ],
    ['too few weights', { ...discriminative, weights: matrix(5, WIDTH, 1) }, 'weights: has 5 rows for 6 paths'],
    ['weights of other dimensions', { ...discriminative, weights: matrix(6, 31, 1) }, 'a row has not 32 dimensions'],
    ['too many paths', { ...random, paths: Array.from({ length: 1025 }, (_, p) => String(p)) }, 'paths'],
  ])('%s', (_, router, message) => {
    expect(() => readRouter(router)).toThrow(message);
  });
});
