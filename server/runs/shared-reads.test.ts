import { expect, test } from 'vitest';
import { createSharedReads } from './shared-reads.ts';

test('many who ask for the same cost one reading, for a while; a failed one is read again', async () => {
  let now = 0;
  let count = 0;
  const shared = createSharedReads<number>(1000, () => now);
  const read = async () => ++count;
  expect(await Promise.all([shared('a', read), shared('a', read), shared('b', read)])).toEqual([1, 1, 2]);
  now = 999;
  expect(await shared('a', read)).toBe(1);
  now = 1000;
  expect(await shared('a', read)).toBe(3);
  await expect(shared('c', () => Promise.reject(new Error('no disk')))).rejects.toThrow('no disk');
  expect(await shared('c', read)).toBe(4);
});
