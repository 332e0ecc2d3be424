import { memoryBlobs } from '@pathfold/blobs/memory';
import { expect, test } from 'vitest';
import { createSweep } from './sweep.ts';

test('a blob goes when nothing named it in two sweeps in a row, unless it is about to be stored again', async () => {
  const blobs = memoryBlobs();
  const put = async (text: string) => (await blobs.put(Buffer.from(text))).sha256;
  const [kept, dropped, again] = [await put('kept'), await put('dropped'), await put('again')];
  let named = [kept, dropped];
  const sweep = createSweep({ blobs, texts: async () => [JSON.stringify({ named })], underWay: () => [] });
  expect(await sweep.run()).toBe(0);
  named = [kept];
  sweep.expect(again);
  expect(await sweep.run()).toBe(0);
  expect(await sweep.run()).toBe(1);
  expect(await blobs.size(dropped)).toBeNull();
  expect(await blobs.size(kept)).toBe(4);
  expect(await blobs.size(again)).toBe(5);
  expect(await sweep.run()).toBe(1);
});

test('what began before a sweep and goes on after the next one may still name what it stored', async () => {
  const blobs = memoryBlobs();
  let underWay = ['a fold'];
  const sweep = createSweep({ blobs, texts: async () => [], underWay: () => underWay });
  const { sha256 } = await blobs.put(Buffer.from('stored by the fold'));
  expect([await sweep.run(), await sweep.run(), await sweep.run()]).toEqual([0, 0, 0]);
  underWay = ['another fold'];
  expect(await sweep.run()).toBe(1);
  expect(await blobs.size(sha256)).toBeNull();
});
