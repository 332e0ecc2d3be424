import { createHash } from 'node:crypto';
import type { BlobStore } from '@pathfold/blobs/blob-store';
import { MOST_SHARED_BYTES, PIECE_BYTES, WHOLE_BYTES } from '@pathfold/coordination/swarm/pieces';

/** Tables that are kept: of 256 MiB the table takes 128 KiB. */
const MOST_TABLES = 256;
/** Read and hashed at once: whole pieces, and no longer than the socket loop may stand still. */
const CHUNK_BYTES = 16 * PIECE_BYTES;

/** The sha256 (32 bytes) of each piece of a blob, computed once; null for what is not here or not passed in pieces. */
export function createPieceTables(blobs: BlobStore) {
  const tables = new Map<string, Promise<Buffer | null>>();

  async function compute(sha256: string): Promise<Buffer | null> {
    const bytes = await blobs.size(sha256);
    if (bytes === null || bytes <= WHOLE_BYTES || bytes > MOST_SHARED_BYTES) return null;
    const hashes: Buffer[] = [];
    for (let start = 0; start < bytes; start += CHUNK_BYTES) {
      const chunk = await blobs.get(sha256, { start, end: Math.min(bytes, start + CHUNK_BYTES) });
      if (!chunk) return null;
      for (let at = 0; at < chunk.length; at += PIECE_BYTES)
        hashes.push(
          createHash('sha256')
            .update(chunk.subarray(at, at + PIECE_BYTES))
            .digest(),
        );
    }
    return Buffer.concat(hashes);
  }

  return (sha256: string): Promise<Buffer | null> => {
    const known = tables.get(sha256) ?? compute(sha256);
    tables.delete(sha256);
    tables.set(sha256, known);
    const forget = () => tables.get(sha256) === known && tables.delete(sha256);
    known.then((table) => table ?? forget(), forget);
    if (tables.size > MOST_TABLES) tables.delete(tables.keys().next().value!);
    return known;
  };
}
