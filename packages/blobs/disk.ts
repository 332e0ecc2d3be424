import { createHash, randomUUID } from 'node:crypto';
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { type FileHandle, mkdir, open, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import type { BlobRef } from '@pathfold/protocol/blob';
import { PathfoldError } from '@pathfold/protocol/errors';
import type { BlobStore } from './blob-store.ts';
import { writeChunks } from './write-chunks.ts';

export interface DiskBlobs extends BlobStore {
  /** Takes in an open file of the same disk, whose hash the caller has computed; it is gone from its old path. */
  adopt(file: FileHandle, path: string, sha256: string): Promise<void>;
  /** When a blob was stored last, also where it was there already: milliseconds, as Date.now(); null when it is not here. */
  storedAt(sha256: string): Promise<number | null>;
  /**
   * `get` for threads that have nothing else to do meanwhile: the pool that reads for all threads is busy with fsyncs.
   * `room`: answers the memory of `length` bytes to read into.
   */
  getSync(
    sha256: string,
    range?: { start: number; end: number },
    room?: (length: number) => Uint8Array,
  ): Uint8Array | null;
}

const INCOMING = 'incoming';
const NAME = /^[0-9a-f]{64}$/;
const FANS = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

const syncFolder = async (folder: string) => {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
};

/** A range as far as the blob goes. */
const cut = (size: number, range = { start: 0, end: size }) => {
  const start = Math.min(range.start, size);
  return { start, length: Math.max(0, Math.min(range.end, size) - start) };
};

const absent = (error: unknown): null => {
  if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
  throw error;
};

/**
 * Prepares a folder and opens it: `FOLDER/ab/abcdef…`, one file a blob. What a crash left half-written is removed, so
 * only one process may open a folder; its own threads use `diskBlobs`.
 */
export const openDiskBlobs = async (folder: string): Promise<DiskBlobs> => {
  await rm(join(folder, INCOMING), { recursive: true, force: true });
  await Promise.all([INCOMING, ...FANS].map((name) => mkdir(join(folder, name), { recursive: true })));
  await syncFolder(folder);
  return diskBlobs(folder);
};

/** A store in a folder that this process has opened. A blob that `put` or `putStream` answered survives a power cut. */
export const diskBlobs = (folder: string): DiskBlobs => {
  const fanOf = (sha256: string) => join(folder, sha256.slice(0, 2));
  const pathOf = (sha256: string) => {
    if (!NAME.test(sha256)) throw new PathfoldError('bad_request', `${sha256.slice(0, 80)} is not a sha256`);
    return join(fanOf(sha256), sha256);
  };
  const size = async (sha256: string) => (await stat(pathOf(sha256)).catch(absent))?.size ?? null;

  /** fsync, rename, fsync of the folder: a name never shows half a blob. */
  const settle = async (file: FileHandle, path: string, sha256: string): Promise<void> => {
    const now = new Date();
    await file.utimes(now, now);
    await file.sync();
    await rename(path, pathOf(sha256));
    await syncFolder(fanOf(sha256));
  };
  const write = async (fill: (file: FileHandle) => Promise<BlobRef>): Promise<BlobRef> => {
    const temporary = join(folder, INCOMING, randomUUID());
    const file = await open(temporary, 'wx');
    try {
      const ref = await fill(file);
      await settle(file, temporary, ref.sha256);
      return ref;
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    } finally {
      await file.close();
    }
  };

  return {
    async put(bytes) {
      const ref = { sha256: createHash('sha256').update(bytes).digest('hex'), bytes: bytes.byteLength };
      const now = new Date();
      await utimes(pathOf(ref.sha256), now, now).catch(absent);
      if ((await size(ref.sha256)) === ref.bytes) return ref;
      return write(async (file) => {
        await file.writeFile(bytes);
        return ref;
      });
    },
    putStream: (chunks, maxBytes) =>
      write(async (file) => {
        const hash = createHash('sha256');
        const bytes = await writeChunks(file, chunks, maxBytes, (chunk) => hash.update(chunk));
        return { sha256: hash.digest('hex'), bytes };
      }),
    adopt: settle,
    storedAt: async (sha256) => (await stat(pathOf(sha256)).catch(absent))?.mtimeMs ?? null,
    async get(sha256, range) {
      const file = await open(pathOf(sha256), 'r').catch(absent);
      if (!file) return null;
      try {
        const { start, length } = cut((await file.stat()).size, range);
        const room = new Uint8Array(length);
        const { bytesRead } = await file.read(room, 0, length, start);
        if (bytesRead !== length) throw new Error(`blob ${sha256} cannot be read whole`);
        return room;
      } finally {
        await file.close();
      }
    },
    getSync(sha256, range, room = (length) => new Uint8Array(length)) {
      let file: number;
      try {
        file = openSync(pathOf(sha256), 'r');
      } catch (error) {
        return absent(error);
      }
      try {
        const { start, length } = cut(fstatSync(file).size, range);
        const bytes = room(length);
        if (readSync(file, bytes, 0, length, start) !== length) throw new Error(`blob ${sha256} cannot be read whole`);
        return bytes;
      } finally {
        closeSync(file);
      }
    },
    size,
    async delete(sha256) {
      await rm(pathOf(sha256), { force: true });
    },
    async *list() {
      for (const fan of FANS)
        for (const sha256 of (await readdir(join(folder, fan)).catch(absent)) ?? []) {
          const bytes = await size(sha256);
          if (bytes !== null) yield { sha256, bytes };
        }
    },
  };
};
