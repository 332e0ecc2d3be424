import type { BlobRef } from '@pathfold/protocol/blob';
import { PathfoldError } from '@pathfold/protocol/errors';
import type { BlobStore } from './blob-store.ts';

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** Lower-case hexadecimal sha256 by WebCrypto: browsers (secure contexts) and Node. */
export const sha256Of = async (bytes: Uint8Array): Promise<string> => {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>));
  return Array.from(digest, (byte) => HEX[byte]).join('');
};

/** A store in memory: for tests, and for pages that have no disk. */
export const memoryBlobs = (): BlobStore => {
  const blobs = new Map<string, Uint8Array>();
  const keep = async (bytes: Uint8Array): Promise<BlobRef> => {
    const sha256 = await sha256Of(bytes);
    if (!blobs.has(sha256)) blobs.set(sha256, bytes);
    return { sha256, bytes: bytes.byteLength };
  };
  return {
    put: (bytes) => keep(bytes.slice()),
    async putStream(chunks, maxBytes) {
      const parts: Uint8Array[] = [];
      let length = 0;
      for await (const chunk of chunks) {
        length += chunk.byteLength;
        if (length > maxBytes) throw new PathfoldError('too_large', `no more than ${maxBytes} bytes`);
        parts.push(chunk.slice());
      }
      const bytes = new Uint8Array(length);
      let offset = 0;
      for (const part of parts) {
        bytes.set(part, offset);
        offset += part.byteLength;
      }
      return keep(bytes);
    },
    async get(sha256, range) {
      const bytes = blobs.get(sha256);
      return bytes ? bytes.slice(range?.start, range?.end) : null;
    },
    size: async (sha256) => blobs.get(sha256)?.byteLength ?? null,
    async delete(sha256) {
      blobs.delete(sha256);
    },
    async *list() {
      for (const [sha256, bytes] of blobs) yield { sha256, bytes: bytes.byteLength };
    },
  };
};
