import type { BlobRef } from '@pathfold/protocol/blob';

/** A content-addressed store. Every implementation passes the battery in `battery.ts`. */
export interface BlobStore {
  /** Stores bytes under their sha256; storing the same bytes again changes nothing. */
  put(bytes: Uint8Array): Promise<BlobRef>;
  /** Stores a stream of at most `maxBytes`; nothing is left behind when it fails or is longer (PathfoldError too_large). */
  putStream(chunks: AsyncIterable<Uint8Array>, maxBytes: number): Promise<BlobRef>;
  /** The bytes, or [start, end) of them; null when the blob is not here. */
  get(sha256: string, range?: { start: number; end: number }): Promise<Uint8Array | null>;
  /** Size in bytes; null when the blob is not here. */
  size(sha256: string): Promise<number | null>;
  delete(sha256: string): Promise<void>;
  list(): AsyncIterable<BlobRef>;
}
