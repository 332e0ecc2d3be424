import { describe, expect, test } from 'vitest';
import { blobStoreBattery } from './battery.ts';
import { opfsBlobs } from './opfs.ts';
import { opfsFolder } from './opfs-folder.fixture.ts';

describe('blobs in the private file system', () => {
  for (const { name, run } of blobStoreBattery) test(name, () => run(opfsBlobs(opfsFolder())));

  test('a file that was made and never filled counts as absent, and can be filled later', async () => {
    const sha256 = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';
    const store = opfsBlobs(opfsFolder({ files: new Map([[sha256, new Uint8Array()]]) }));
    expect(await store.get(sha256)).toBeNull();
    expect(await store.size(sha256)).toBeNull();
    await store.put(new TextEncoder().encode('abc'));
    expect(await store.size(sha256)).toBe(3);
  });

  test.each([
    ['is full', { room: () => 2 }],
    ['cannot be written', { canWrite: false }],
  ])('a put where the disk %s leaves no file behind', async (_, folder) => {
    const files = new Map();
    const store = opfsBlobs(opfsFolder({ ...folder, files }));
    await expect(store.put(new TextEncoder().encode('abc'))).rejects.toThrow();
    expect([...files.keys()]).toEqual([]);
  });
});
