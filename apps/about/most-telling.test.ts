import type { RunResource } from '@pathfold/protocol/resources';
import { expect, test } from 'vitest';
import { mostTelling } from './most-telling.ts';

const run = (id: string, state: RunResource['state'], pathCount: number, study?: string) =>
  ({ id, state, pathCount, ...(study && { study }) }) as RunResource;

test.each([
  ['one of many paths, though a dense one trains', [run('a', 'training', 1), run('b', 'finished', 4)], 'b'],
  ['the one of many paths that trains', [run('a', 'finished', 4), run('b', 'training', 16)], 'b'],
  ['a dense one where the others are not prepared', [run('a', 'preparing', 4), run('b', 'paused', 1)], 'b'],
  [
    'a model that is finished, though a study is under way',
    [run('a', 'training', 1, 's'), run('b', 'finished', 1)],
    'b',
  ],
  ['none where there is only a study', [run('a', 'training', 1, 's')], undefined],
  ['none where none was prepared', [run('a', 'failed', 4)], undefined],
])('visitors see %s', (_what, runs, id) => {
  expect(mostTelling(runs)?.id).toBe(id);
});
