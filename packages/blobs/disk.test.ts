import { mkdtemp, open, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { blobStoreBattery } from './battery.ts';
import { diskBlobs, openDiskBlobs } from './disk.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pathfold-blobs-'));
});
afterEach(() => rm(folder, { recursive: true }));

describe('blobs on disk', () => {
  for (const { name, run } of blobStoreBattery)
    test(name, async () => {
      await run(await openDiskBlobs(folder));
      expect(await readdir(join(folder, 'incoming'))).toEqual([]);
    });

  test('a blob outlives the store that wrote it', async () => {
    const ref = await (await openDiskBlobs(folder)).put(new Uint8Array([1, 2, 3]));
    expect(await readdir(join(folder, ref.sha256.slice(0, 2)))).toEqual([ref.sha256]);
    const again = await openDiskBlobs(folder);
    expect(await again.get(ref.sha256)).toEqual(new Uint8Array([1, 2, 3]));
  });

  test('reads alike in a thread that may wait', async () => {
    const store = await openDiskBlobs(folder);
    const { sha256 } = await store.put(Buffer.from('abcdef'));
    for (const range of [undefined, { start: 1, end: 3 }, { start: 4, end: 9 }, { start: 8, end: 9 }])
      expect(store.getSync(sha256, range)).toEqual(await store.get(sha256, range));
    expect(store.getSync('0'.repeat(64))).toBeNull();
  });

  test('opening removes what a crash left half-written', async () => {
    await openDiskBlobs(folder);
    await writeFile(join(folder, 'incoming', 'half'), 'half a blob');
    const store = await openDiskBlobs(folder);
    expect(await readdir(join(folder, 'incoming'))).toEqual([]);
    for await (const ref of store.list()) throw new Error(`unexpected ${ref.sha256}`);
  });

  test('a file is adopted under its hash, also when the blob is there already', async () => {
    const store = await openDiskBlobs(folder);
    const { sha256 } = await store.put(Buffer.from('abc'));
    for (const again of [true, false]) {
      if (again) await store.delete(sha256);
      const path = join(folder, 'upload');
      const file = await open(path, 'w');
      await file.writeFile('abc');
      await store.adopt(file, path, sha256);
      await file.close();
      expect(await readdir(folder)).not.toContain('upload');
      expect(await store.get(sha256)).toEqual(new Uint8Array(Buffer.from('abc')));
    }
  });

  test('a name that is no sha256 reaches no file', async () => {
    const store = diskBlobs(folder);
    for (const name of ['../../etc/passwd', '', 'AB'.repeat(32)])
      await expect(store.get(name)).rejects.toMatchObject({ code: 'bad_request' });
  });
});
