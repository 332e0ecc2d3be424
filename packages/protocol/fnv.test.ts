import { expect, test } from 'vitest';
import { fnv1a } from './fnv.ts';

test('FNV-1a gives the published values', () => {
  expect(['', 'a', 'foobar'].map((text) => fnv1a(text))).toEqual([0x811c9dc5, 0xe40c292c, 0xbf9cf968]);
  expect(fnv1a('a', 1)).not.toBe(fnv1a('a'));
});
