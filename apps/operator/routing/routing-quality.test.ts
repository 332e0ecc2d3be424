import type { Evaluation, RouterResource } from '@pathfold/protocol/resources';
import { textOf } from '@pathfold/ui/markup.fixture';
import { createElement } from 'react';
import { expect, test } from 'vitest';
import { Confusion, heatOf } from './confusion.tsx';
import { choicesOf } from './routing-quality.tsx';

const shard = (path: string, tokens: number, test: number, domains: Record<string, number>) =>
  ({
    ...{ path, tokens, splits: { test } },
    domains: Object.entries(domains).map(([name, share]) => ({ name, share })),
  }) as RouterResource;
const router = [shard('0', 100, 3, { verse: 0.25, json: 0.75 }), shard('1', 50, 3, { verse: 1 })];
const evaluation: Evaluation = {
  round: 3,
  validLoss: 2,
  validBitsPerByte: 2,
  confirmed: true,
  paths: {},
  whole: {
    round: 2,
    routedBitsPerByte: 2.1,
    oracleBitsPerByte: 1.8,
    rerouted: [
      { tokens: 32, bitsPerByte: 1.9 },
      { tokens: 256, bitsPerByte: 1.95 },
    ],
    confusion: {
      domains: ['json', 'verse', 'none'],
      paths: ['0', '1'],
      documents: [
        [3, 1],
        [0, 2],
        [0, 0],
      ],
    },
  },
};

test('the heat map counts tokens of the shards until every path has scored the held-out texts', () => {
  const rows = [
    { domain: 'json', parts: [75, 0], total: 75 },
    { domain: 'verse', parts: [25, 50], total: 75 },
  ];
  expect(heatOf(router, null).rows).toEqual(rows);
  expect(heatOf(router, { ...evaluation, whole: null }).rows).toEqual(rows);
  expect(heatOf(router, evaluation)).toEqual({
    of: 'held-out texts, at round 2',
    older: false,
    paths: ['0', '1'],
    rows: [
      { domain: 'json', parts: [3, 1], total: 4 },
      { domain: 'verse', parts: [0, 2], total: 2 },
    ],
  });
});

test('a heat map of a routing that is no longer says so: after a re-sharding, and after growth', () => {
  const resharded = [shard('0', 100, 4, { json: 1 }), shard('1', 50, 2, { verse: 1 })];
  const grown = [...router, shard('2', 10, 0, { verse: 1 })];
  expect([resharded, grown].map((today) => heatOf(today, evaluation).older)).toEqual([true, true]);
  const shown = (today: RouterResource[]) => textOf(createElement(Confusion, { router: today, evaluation }));
  expect(shown(grown)).toContain('Documents were routed anew since');
  expect(shown(router)).not.toContain('routed anew');
});

test('choices of the path go from once to the best that is known afterwards', () => {
  expect(choicesOf({ router, evaluation }).map(({ bitsPerByte }) => bitsPerByte)).toEqual([2.1, 1.95, 1.9, 1.8]);
  expect(choicesOf({ router, evaluation: null })).toEqual([]);
});
