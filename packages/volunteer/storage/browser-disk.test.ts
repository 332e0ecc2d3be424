import { opfsFolder } from '@pathfold/blobs/opfs-folder.fixture';
import { expect, test } from 'vitest';
import { openDisk } from './browser-disk.ts';

const MEMORY = 2 ** 31;
const BYTES = Uint8Array.of(1, 2, 3);

test('what is kept in the private file system is there at the next visit', async () => {
  const root = opfsFolder();
  const disk = await openDisk(async () => root, MEMORY);
  expect(await disk.notes.names()).toEqual([]);
  const { sha256 } = await disk.blobs.put(BYTES);
  await disk.notes.write('resume', BYTES);
  const next = await openDisk(async () => root, MEMORY);
  expect(await next.blobs.get(sha256)).toEqual(BYTES);
  expect(await next.notes.read('resume')).toEqual(BYTES);
  expect(next.cacheBytes).toBe(500e6);
});

test.each([
  ['refuses its private file system', () => Promise.reject(new DOMException('no', 'SecurityError'))],
  ['cannot write in it', async () => opfsFolder({ canWrite: false })],
])('a browser that %s keeps things in memory for this visit, and fewer', async (_, getDirectory) => {
  const { blobs, notes, cacheBytes } = await openDisk(getDirectory, MEMORY);
  expect(await blobs.get((await blobs.put(BYTES)).sha256)).toEqual(BYTES);
  await notes.write('resume', BYTES);
  expect(await notes.read('resume')).toEqual(BYTES);
  expect(cacheBytes).toBe(64e6);
  expect((await openDisk(getDirectory, 2 ** 28)).cacheBytes).toBe(2 ** 24);
});

test('a full private file system stays in use, so that it can be emptied', async () => {
  const root = opfsFolder({ room: () => 0 });
  const { cacheBytes, notes } = await openDisk(async () => root, MEMORY);
  expect(cacheBytes).toBe(500e6);
  await expect(notes.write('resume', BYTES)).rejects.toThrow('full');
});
