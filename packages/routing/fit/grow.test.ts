import { describe, expect, test } from 'vitest';
import { assignPath } from '../assign/assign.ts';
import { type Router, readRouter } from '../assign/router.ts';
import { fitDiscriminative, fitKmeans, targetOf } from './fit.ts';
import { about, blobs } from './fixtures.ts';
import { growRouter } from './grow.ts';
import { rowCount, rowOf } from './rows.ts';
import { shardsOf } from './shards.ts';

const { features, weights, truth } = blobs([120, 120, 60, 60], 6, 0.5, 3);
const evidence = Array.from({ length: rowCount(features) }, (_, row) => rowOf(features, row));

/** One more path, the last one, that shares the documents of `from`. */
const grow = (router: Router, from: number): Router => {
  const paths = router.paths.length + 1;
  return growRouter({
    ...{ router, train: { features, weights }, seed: 1 },
    about: { ...about(paths), version: router.version + 1 },
    grown: new Map([[paths - 1, from]]),
  });
};

const labels = truth.map((k) => Math.min(k, 2));
const ROUTERS = {
  kmeans: fitKmeans({ about: about(3), features, weights, seed: 1 }),
  discriminative: fitDiscriminative({
    ...{ about: about(3), router: { features, labels }, train: { features, weights } },
    target: targetOf(labels, 3, 0.5),
  }),
};

describe.each(Object.entries(ROUTERS))('a router of kind %s', (_, fitted) => {
  test.each([
    ['a path that was never shared', [2, 1]],
    ['the same one again and again', [2, 2, 2]],
    ['one that was added', [2, 3, 4]],
  ])('halves %s, and all others keep their documents', (__, origins) => {
    let router: Router = fitted;
    let before = shardsOf(router, evidence);
    for (const from of origins) {
      router = grow(router, from);
      const after = shardsOf(router, evidence);
      const [kept, taken] = [after[from]!, after.at(-1)!];
      expect([...kept, ...taken].toSorted((a, b) => a - b)).toEqual(before[from]);
      expect(Math.abs(kept.length - taken.length)).toBeLessThanOrEqual(1);
      before.forEach((shard, path) => {
        if (path !== from) expect(after[path]).toEqual(shard);
      });
      before = after;
    }
    expect(router.version).toBe(1 + origins.length);
    expect(readRouter(JSON.parse(JSON.stringify(router)))).toEqual(router);
  });

  test('takes no place of others where documents train several paths', () => {
    const before = shardsOf(fitted, evidence, 2);
    const after = shardsOf(grow(grow(fitted, 2), 3), evidence, 2);
    expect(after.slice(0, 2)).toEqual(before.slice(0, 2));
    expect(
      after
        .slice(2)
        .flat()
        .toSorted((a, b) => a - b),
    ).toEqual(before[2]);
  });
});

test('of random shards too the new path takes half of one, and all others keep theirs', () => {
  const { version, paths, prefixBytes, prefixTokens } = about(2);
  const router = { version, paths, prefixBytes, prefixTokens, kind: 'random' as const, seed: 1 };
  const prefixes = Array.from({ length: 1000 }, (_, i) => [i, 2 * i, 3]);
  const before = prefixes.map((prefix) => assignPath(router, prefix));
  const after = prefixes.map((prefix) => assignPath(grow(router, 0), prefix));
  expect(after.filter((_, i) => before[i] === 1)).toEqual(before.filter((path) => path === 1));
  const taken = after.filter((path) => path === 2).length / before.filter((path) => path === 0).length;
  expect(taken).toBeCloseTo(0.5, 1);
});
