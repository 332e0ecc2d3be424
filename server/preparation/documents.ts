import type { BlobStore } from '@pathfold/blobs/blob-store';
import type { Document } from '@pathfold/corpora/document';
import type { BlobRef } from '@pathfold/protocol/blob';
import { PathfoldError } from '@pathfold/protocol/errors';

/** Documents as a blob: one `{"id","domain","text"}` a line. */
export const writeDocuments = (documents: readonly Document[]): Uint8Array =>
  Buffer.concat(documents.map((document) => Buffer.from(`${JSON.stringify(document)}\n`)));

const CHUNK_BYTES = 256 * 1024;
const LINE_FEED = 10;

/** Line by line: no string holds more than one of them, whatever the file holds. */
export function readDocuments(bytes: Uint8Array): Document[] {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const documents: Document[] = [];
  for (let from = 0; from < buffer.length; ) {
    const end = buffer.indexOf(LINE_FEED, from);
    const to = end === -1 ? buffer.length : end;
    if (to > from) documents.push(JSON.parse(buffer.toString('utf8', from, to)) as Document);
    from = to + 1;
  }
  return documents;
}

interface DocumentPage {
  /** Byte of the blob at which its first document begins. */
  readonly offset: number;
  readonly limit: number;
  /** Documents after the first come only while all of them together are no longer. */
  readonly maxBytes?: number;
}

/**
 * `limit` documents from byte `offset` on, or fewer; `next` is the offset of the one after them, null at the end.
 * Throws bad_request when no document begins at `offset`.
 */
export async function pageOfDocuments(
  blobs: BlobStore,
  blob: BlobRef,
  { offset, limit, maxBytes = Number.POSITIVE_INFINITY }: DocumentPage,
): Promise<{ items: Document[]; next: number | null }> {
  const read = (start: number, end: number) => blobs.get(blob.sha256, { start, end: Math.min(blob.bytes, end) });
  if (offset > 0 && (offset >= blob.bytes || (await read(offset - 1, offset))?.[0] !== LINE_FEED))
    throw new PathfoldError('bad_request', `cursor: no document begins at byte ${offset}.`);
  const items: Document[] = [];
  let pieces: Uint8Array[] = [];
  let next = offset;
  const isFull = (bytes: number) => items.length >= limit || (items.length > 0 && bytes > maxBytes);
  for (let at = offset; at < blob.bytes && !isFull(at - offset); at += CHUNK_BYTES) {
    const chunk = await read(at, at + CHUNK_BYTES);
    if (!chunk) break;
    let from = 0;
    for (let end = chunk.indexOf(LINE_FEED); end >= 0; end = chunk.indexOf(LINE_FEED, from)) {
      const line = Buffer.concat([...pieces, chunk.subarray(from, end + 1)]);
      if (isFull(next + line.length - offset)) return { items, next };
      items.push(JSON.parse(line.toString()) as Document);
      next += line.length;
      pieces = [];
      from = end + 1;
    }
    pieces.push(chunk.subarray(from));
  }
  return { items, next: next < blob.bytes ? next : null };
}
