import { expect, test } from 'vitest';
import { assignPath } from '../assign/assign.ts';
import { fitKmeans } from './fit.ts';
import { about, blobs } from './fixtures.ts';
import { growRouter } from './grow.ts';
import { rowCount, rowOf } from './rows.ts';

const { features, weights } = blobs([120, 120, 60, 60], 6, 0.5, 3);
const assigned = (router: Parameters<typeof assignPath>[0]) =>
  Array.from({ length: rowCount(features) }, (_, row) => assignPath(router, rowOf(features, row)));

test('a path that is shared is cut between its own clusters; others keep their documents', () => {
  const router = fitKmeans({ about: about(3), features, weights, seed: 1 });
  const before = assigned(router);
  const grown = growRouter({
    ...{ router, train: { features, weights }, seed: 1 },
    about: { ...about(4), version: 2 },
    grown: new Map([[3, 2]]),
  });
  const after = assigned(grown);
  expect(grown.version).toBe(2);
  const moved = before.filter((path, i) => path !== 2 && after[i] !== path).length;
  expect(moved / before.length).toBeLessThan(0.03);
  const [kept, taken] = [2, 3].map((path) => after.filter((one) => one === path).length);
  expect(Math.abs(kept! - taken!)).toBeLessThan(0.1 * (kept! + taken!));
});

test('random routing gives a new path its share evenly', () => {
  const { version, paths, prefixBytes, prefixTokens } = about(2);
  const router = { version, paths, prefixBytes, prefixTokens, kind: 'random' as const, seed: 1 };
  const grown = growRouter({
    router,
    about: about(3),
    train: { features, weights },
    grown: new Map([[2, 0]]),
    seed: 1,
  });
  expect(grown).toEqual({ ...router, paths: about(3).paths });
});
