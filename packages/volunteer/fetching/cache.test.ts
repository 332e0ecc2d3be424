import { opfsBlobs } from '@pathfold/blobs/opfs';
import { opfsFolder } from '@pathfold/blobs/opfs-folder.fixture';
import { expect, test } from 'vitest';
import { openCache } from './cache.ts';

const blob = (value: number, bytes = 10) => new Uint8Array(bytes).fill(value);

/** A cache of at most 100 bytes on a disk that has this much room. */
async function cacheOn(disk: { room: number }) {
  const files = new Map<string, Uint8Array<ArrayBuffer>>();
  const cache = await openCache(opfsBlobs(opfsFolder({ files, room: () => disk.room })), 100);
  const stored = () => [...files.values()].reduce((sum, { length }) => sum + length, 0);
  return { cache, stored };
}

test('a disk that is full below the bound takes the latest blobs, and keeps room for others', async () => {
  const { cache, stored } = await cacheOn({ room: 45 });
  for (let i = 0; i < 30; i++) {
    await cache.put(blob(i));
    expect(await cache.get(cache.list()[0]!)).toEqual(blob(i));
    expect(stored()).toBeLessThanOrEqual(i < 4 ? 40 : 30);
  }
  expect(cache.list()).toHaveLength(3);
});

test('what does not fit at all is not kept; a disk that only stumbles keeps its bound', async () => {
  const disk = { room: 45 };
  const { cache, stored } = await cacheOn(disk);
  await expect(cache.put(blob(1, 60))).rejects.toThrow('full');
  expect(stored()).toBe(0);
  let writes = 0;
  Object.defineProperty(disk, 'room', { get: () => (writes++ === 0 ? 0 : 1000) });
  for (let i = 0; i < 20; i++) await cache.put(blob(i));
  expect(stored()).toBe(100);
});
