import { expect, test } from 'vitest';
import { pageOfNewest } from './paging.ts';

test('what comes in front while a list is read shifts nothing', () => {
  const first = pageOfNewest(['c', 'b', 'a'], { limit: 1 });
  expect(first.items).toEqual(['c']);
  const second = pageOfNewest(['e', 'd', 'c', 'b', 'a'], { limit: 1, cursor: first.next! });
  expect(second.items).toEqual(['b']);
  const last = pageOfNewest(['f', 'e', 'd', 'c', 'b', 'a'], { limit: 5, cursor: second.next! });
  expect(last).toEqual({ items: ['a'], next: null });
});

test('a cursor beyond the list begins at the front', () => {
  expect(pageOfNewest(['a'], { limit: 1, cursor: '999' }).items).toEqual(['a']);
});
