import { mkdtemp, open, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { diskBlobs, openDiskBlobs } from '@pathfold/blobs/disk';
import { memoryBlobs } from '@pathfold/blobs/memory';
import { expect, test } from 'vitest';
import { createSweep } from './sweep.ts';

const storedLongAgo = () => ({ ...memoryBlobs(), storedAt: async () => 0 });

test('a blob goes when nothing named it in two sweeps in a row', async () => {
  const blobs = storedLongAgo();
  const put = async (text: string) => (await blobs.put(Buffer.from(text))).sha256;
  const [kept, dropped] = [await put('kept'), await put('dropped')];
  let named = [kept, dropped];
  const sweep = createSweep({ blobs, texts: async () => [JSON.stringify({ named })], underWay: () => [] });
  expect(await sweep.run()).toBe(0);
  named = [kept];
  expect(await sweep.run()).toBe(0);
  expect(await sweep.run()).toBe(1);
  expect(await blobs.size(dropped)).toBeNull();
  expect(await blobs.size(kept)).toBe(4);
});

test('what began before a sweep and goes on after the next one may still name what it stored', async () => {
  const blobs = storedLongAgo();
  let underWay = ['a fold'];
  const sweep = createSweep({ blobs, texts: async () => [], underWay: () => underWay });
  const { sha256 } = await blobs.put(Buffer.from('stored by the fold'));
  expect([await sweep.run(), await sweep.run(), await sweep.run()]).toEqual([0, 0, 0]);
  underWay = ['another fold'];
  expect(await sweep.run()).toBe(1);
  expect(await blobs.size(sha256)).toBeNull();
});

test('what was unneeded stays when it is stored again, whoever stores it', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'pathfold-sweep-'));
  const blobs = await openDiskBlobs(folder);
  const sweep = createSweep({ blobs, texts: async () => [], underWay: () => [] });
  let now = Date.now();
  const text = Buffer.from('the corpus of a run that is deleted, and made again');
  const { sha256 } = await blobs.put(text);
  const later = async () => {
    now += 60_000;
    return sweep.run(now);
  };
  expect(await later()).toBe(0);
  await diskBlobs(folder).put(text);
  const again = new Date(now + 10_000);
  await utimes(join(folder, sha256.slice(0, 2), sha256), again, again);
  expect(await later()).toBe(0);
  expect(await later()).toBe(1);
  await rm(folder, { recursive: true });
});

test('whatever stores a blob says that it is stored anew', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'pathfold-sweep-'));
  const blobs = await openDiskBlobs(folder);
  const { sha256 } = await blobs.put(Buffer.from('twice'));
  const store = [
    () => diskBlobs(folder).put(Buffer.from('twice')),
    async () => {
      const path = join(folder, 'upload');
      await writeFile(path, 'twice');
      await utimes(path, new Date(0), new Date(0));
      const file = await open(path);
      await blobs.adopt(file, path, sha256);
      await file.close();
    },
  ];
  for (const again of store) {
    await utimes(join(folder, sha256.slice(0, 2), sha256), new Date(0), new Date(0));
    await again();
    expect(await blobs.storedAt(sha256)).toBeGreaterThan(Date.now() - 60_000);
  }
  expect(await blobs.storedAt('f'.repeat(64))).toBeNull();
  await rm(folder, { recursive: true });
});
