import type { BlobStore } from '@pathfold/blobs/blob-store';
import type { Document } from '@pathfold/corpora/document';
import type { BlobRef } from '@pathfold/protocol/blob';

/** Documents as a blob: one `{"id","domain","text"}` a line. */
export const writeDocuments = (documents: readonly Document[]): Uint8Array =>
  Buffer.from(documents.map((document) => `${JSON.stringify(document)}\n`).join(''));

export const readDocuments = (bytes: Uint8Array): Document[] =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    .toString()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Document);

const CHUNK_BYTES = 256 * 1024;

/** `limit` documents from byte `offset` on; `next` is the offset of the one after them, null at the end. */
export async function pageOfDocuments(
  blobs: BlobStore,
  blob: BlobRef,
  offset: number,
  limit: number,
): Promise<{ items: Document[]; next: number | null }> {
  const items: Document[] = [];
  let rest = Buffer.alloc(0);
  let next = offset;
  for (let at = offset; items.length < limit && at < blob.bytes; at += CHUNK_BYTES) {
    const chunk = await blobs.get(blob.sha256, { start: at, end: Math.min(blob.bytes, at + CHUNK_BYTES) });
    if (!chunk) break;
    rest = Buffer.concat([rest, chunk]);
    for (let end = rest.indexOf(10); end >= 0 && items.length < limit; end = rest.indexOf(10)) {
      items.push(JSON.parse(rest.subarray(0, end).toString()) as Document);
      rest = rest.subarray(end + 1);
      next += end + 1;
    }
  }
  return { items, next: next < blob.bytes ? next : null };
}
