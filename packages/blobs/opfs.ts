import type { BlobRef } from '@pathfold/protocol/blob';
import { PathfoldError } from '@pathfold/protocol/errors';
import type { BlobStore } from './blob-store.ts';
import { sha256Of } from './memory.ts';

const EMPTY = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

/** Writes a whole file. A writer that failed is let go of, so that its file can be removed. */
export const writeFile = async (handle: FileSystemFileHandle, bytes: Uint8Array): Promise<void> => {
  const writer = await handle.createWritable();
  try {
    await writer.write(bytes as Uint8Array<ArrayBuffer>);
    await writer.close();
  } catch (error) {
    await writer.abort().catch(() => {});
    throw error;
  }
};

/**
 * A store in a folder of the browser's private file system. What is written becomes visible when the writer closes;
 * a file that was made and never written is empty, and counts as absent.
 */
export const opfsBlobs = (folder: FileSystemDirectoryHandle): BlobStore => {
  const fileOf = async (sha256: string): Promise<File | null> => {
    const handle = await folder.getFileHandle(sha256).catch((error: DOMException) => {
      if (error.name === 'NotFoundError') return null;
      throw error;
    });
    const file = await handle?.getFile();
    return file && (file.size > 0 || sha256 === EMPTY) ? file : null;
  };

  const keep = async (bytes: Uint8Array): Promise<BlobRef> => {
    const ref = { sha256: await sha256Of(bytes), bytes: bytes.byteLength };
    if ((await fileOf(ref.sha256))?.size === ref.bytes) return ref;
    const handle = await folder.getFileHandle(ref.sha256, { create: true });
    try {
      await writeFile(handle, bytes);
    } catch (error) {
      await folder.removeEntry(ref.sha256).catch(() => {});
      throw error;
    }
    return ref;
  };

  return {
    put: (bytes) => keep(bytes.slice()),
    async putStream(chunks, maxBytes) {
      const parts: Uint8Array<ArrayBuffer>[] = [];
      let length = 0;
      for await (const chunk of chunks) {
        length += chunk.byteLength;
        if (length > maxBytes) throw new PathfoldError('too_large', `no more than ${maxBytes} bytes`);
        parts.push(chunk.slice());
      }
      return keep(new Uint8Array(await new Blob(parts).arrayBuffer()));
    },
    async get(sha256, range) {
      const file = await fileOf(sha256);
      return file && new Uint8Array(await file.slice(range?.start, range?.end).arrayBuffer());
    },
    size: async (sha256) => (await fileOf(sha256))?.size ?? null,
    async delete(sha256) {
      await folder.removeEntry(sha256).catch((error: DOMException) => {
        if (error.name !== 'NotFoundError') throw error;
      });
    },
    async *list() {
      for await (const name of folder.keys()) {
        const file = /^[0-9a-f]{64}$/.test(name) ? await fileOf(name) : null;
        if (file) yield { sha256: name, bytes: file.size };
      }
    },
  };
};
