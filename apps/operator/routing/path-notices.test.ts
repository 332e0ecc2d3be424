import type { PathResource } from '@pathfold/protocol/resources';
import { textOf } from '@pathfold/ui/markup.fixture';
import { createElement } from 'react';
import { expect, test } from 'vitest';
import { PathNotices } from './path-notices.tsx';

const path = (id: string, facts: Partial<PathResource> = {}) =>
  ({ id, stale: false, kept: null, ...facts }) as PathResource;
const notices = (...paths: PathResource[]) => textOf(createElement(PathNotices, { paths }));

test('paths that starve and paths that were stopped are named, the others are not', () => {
  expect(notices(path('p0'), path('p1'))).toBe('');
  const kept = (stopped: boolean) => ({ stopped }) as PathResource['kept'];
  const text = notices(
    path('p0'),
    path('p1', { stale: true }),
    path('p2', { kept: kept(true) }),
    path('p3', { kept: kept(false) }),
  );
  expect(text).toMatch(/1 path starving: p1 .*1 path stopped early: p2 /);
  expect(text).not.toMatch(/p0|p3/);
});

test('of many paths the first twelve are named', () => {
  const starving = Array.from({ length: 14 }, (_, i) => path(`p${i}`, { stale: true }));
  expect(notices(...starving)).toMatch(/14 paths starving: p0, .*, p11 and 2 more/);
});
