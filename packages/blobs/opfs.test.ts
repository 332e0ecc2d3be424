import { describe, expect, test } from 'vitest';
import { blobStoreBattery } from './battery.ts';
import { opfsBlobs } from './opfs.ts';

/** A folder of a private file system, as far as the store uses it: a file is made empty and filled when its writer closes. */
function folder(files = new Map<string, Uint8Array<ArrayBuffer>>()): FileSystemDirectoryHandle {
  const absent = () => new DOMException('no such file', 'NotFoundError');
  const handle = (name: string) => ({
    getFile: async () => new File([files.get(name) ?? new Uint8Array()], name),
    async createWritable() {
      let written = new Uint8Array();
      return {
        async write(bytes: Uint8Array) {
          written = bytes.slice();
        },
        async close() {
          files.set(name, written);
        },
      };
    },
  });
  return {
    async getFileHandle(name: string, options?: { create?: boolean }) {
      if (!files.has(name) && !options?.create) throw absent();
      if (!files.has(name)) files.set(name, new Uint8Array());
      return handle(name);
    },
    async removeEntry(name: string) {
      if (!files.delete(name)) throw absent();
    },
    async *keys() {
      yield* files.keys();
    },
  } as unknown as FileSystemDirectoryHandle;
}

describe('blobs in the private file system', () => {
  for (const { name, run } of blobStoreBattery) test(name, () => run(opfsBlobs(folder())));

  test('a file that was made and never filled counts as absent, and can be filled later', async () => {
    const sha256 = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';
    const store = opfsBlobs(folder(new Map([[sha256, new Uint8Array()]])));
    expect(await store.get(sha256)).toBeNull();
    expect(await store.size(sha256)).toBeNull();
    await store.put(new TextEncoder().encode('abc'));
    expect(await store.size(sha256)).toBe(3);
  });
});
