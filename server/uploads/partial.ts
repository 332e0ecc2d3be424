import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, mkdir, open, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import type { DiskBlobs } from '@pathfold/blobs/disk';
import { writeChunks } from '@pathfold/blobs/write-chunks';
import type { BlobRef } from '@pathfold/protocol/blob';
import { PathfoldError } from '@pathfold/protocol/errors';
import type { Span } from './headers.ts';

export interface Upload {
  readonly span: Span;
  readonly maxBytes: number;
  /** Hash of the whole upload, as announced. */
  readonly sha256: string;
  /** Asked when its turn comes: whether its lease is still open and has no contribution. */
  readonly isWanted: () => boolean;
}

/** Uploads under way, one file a lease, so that a broken one can go on where it stopped (rule U4). */
export interface PartialUploads {
  /** Bytes that are here already. Breaks off an upload that is under way: who asks will go on from there. */
  offset(lease: string): Promise<number>;
  /**
   * Writes `chunks` from `span.start`, which must be the offset. Answers the blob once the upload is whole, else how
   * many bytes are here; what arrived stays when the stream breaks. Throws upload_truncated, also when a newer one
   * broke it off or it is not wanted any more; too_large and digest_mismatch, and then nothing stays.
   */
  append(lease: string, chunks: Readable, upload: Upload): Promise<BlobRef | { readonly offset: number }>;
  /** Breaks off an upload that is under way, too. */
  remove(lease: string): Promise<void>;
  /** Removes the files of all leases but these. */
  keepOnly(leases: Iterable<string>): Promise<void>;
}

/** The hash of what is in an upload's file, kept while the bytes come so that they are not read again. */
interface Progress {
  readonly hash: Hash;
  bytes: number;
}

/** `folder`: on the disk of `blobs`. */
export async function openPartialUploads(folder: string, blobs: DiskBlobs): Promise<PartialUploads> {
  await mkdir(folder, { recursive: true });
  const nameOf = (lease: string) => createHash('sha256').update(lease).digest('hex').slice(0, 32);
  const pathOf = (lease: string) => join(folder, nameOf(lease));
  /** One upload a lease at a time: the newest, once the older has let go of the file, or made it a blob. */
  const turns = new Map<string, { readonly chunks: Readable; readonly done: Promise<unknown> }>();
  const progress = new Map<string, Progress>();

  const sizeOf = async (lease: string) => {
    try {
      return (await stat(pathOf(lease))).size;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 0;
      throw error;
    }
  };

  const forget = async (lease: string) => {
    progress.delete(lease);
    await rm(pathOf(lease), { force: true });
  };

  /** Answers when nothing is under way any more. The network of who uploads may be another one now, and the older never end. */
  const breakOff = async (lease: string) => {
    const turn = turns.get(lease);
    turn?.chunks.destroy();
    await turn?.done.catch(() => {});
  };

  /** The hash over the first `bytes` bytes: at hand, or read once after a restart. */
  const progressOf = async (lease: string, bytes: number): Promise<Progress> => {
    const known = progress.get(lease);
    if (known?.bytes === bytes) return known;
    const fresh: Progress = { hash: createHash('sha256'), bytes };
    if (bytes > 0)
      for await (const chunk of createReadStream(pathOf(lease), { end: bytes - 1 })) fresh.hash.update(chunk);
    progress.set(lease, fresh);
    return fresh;
  };

  async function write(lease: string, file: FileHandle, chunks: Readable, { span, maxBytes }: Upload) {
    const known = await progressOf(lease, span.start);
    try {
      await writeChunks(file, chunks, maxBytes - span.start, (chunk) => {
        known.hash.update(chunk);
        known.bytes += chunk.byteLength;
      });
    } catch (error) {
      if (!(error instanceof PathfoldError)) throw new PathfoldError('upload_truncated');
      await forget(lease);
      throw error;
    }
    if (span.end !== null && known.bytes < span.end) throw new PathfoldError('upload_truncated');
    return known;
  }

  async function take(lease: string, chunks: Readable, upload: Upload) {
    const { span, sha256 } = upload;
    if (chunks.destroyed || !upload.isWanted()) throw new PathfoldError('upload_truncated');
    const here = span.start === 0 ? 0 : await sizeOf(lease);
    if (span.start !== here) throw new PathfoldError('range_not_satisfiable', `The upload goes on at byte ${here}.`);
    const file = await open(pathOf(lease), span.start === 0 ? 'w' : 'a');
    try {
      const { hash, bytes } = await write(lease, file, chunks, upload);
      if (span.total !== null && bytes < span.total) return { offset: bytes };
      progress.delete(lease);
      if (hash.digest('hex') !== sha256) {
        await forget(lease);
        throw new PathfoldError('digest_mismatch');
      }
      await blobs.adopt(file, pathOf(lease), sha256);
      return { sha256, bytes };
    } finally {
      await file.close();
    }
  }

  return {
    async offset(lease) {
      await breakOff(lease);
      return sizeOf(lease);
    },
    async append(lease, chunks, upload) {
      const done = breakOff(lease).then(() => take(lease, chunks, upload));
      const mine = { chunks, done };
      turns.set(lease, mine);
      try {
        return await done;
      } finally {
        if (turns.get(lease) === mine) turns.delete(lease);
      }
    },
    async remove(lease) {
      await breakOff(lease);
      await forget(lease);
    },
    async keepOnly(leases) {
      const names = new Set([...leases].map(nameOf));
      for (const name of await readdir(folder)) if (!names.has(name)) await rm(join(folder, name), { force: true });
    },
  };
}
