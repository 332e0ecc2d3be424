import { sha256Of } from '@pathfold/blobs/memory';
import type { BlobRef } from '@pathfold/protocol/blob';
import { PathfoldError } from '@pathfold/protocol/errors';
import type { Cache } from './cache.ts';

/** Somewhere that blobs come from. Answers null when it cannot serve this one; what it answers is not trusted. */
export interface BlobSource {
  fetch(ref: BlobRef, signal: AbortSignal): Promise<Uint8Array | null>;
}

/**
 * Fetches a blob: own store, then each source in turn (peers, then the coordinator). Everything is checked against its
 * size and hash before it is used or stored. Throws PathfoldError `blob_unavailable`.
 */
export function createFetching(cache: Cache, sources: readonly BlobSource[], onStored: () => void) {
  const underway = new Map<string, { readonly promise: Promise<Uint8Array>; readonly signal: AbortSignal }>();

  const fetchNow = async (ref: BlobRef, signal: AbortSignal): Promise<Uint8Array> => {
    const own = await cache.get(ref.sha256).catch(() => null);
    if (own) return own;
    // A source may go on for long after it is given up.
    const aborted = new Promise<null>((resolve) =>
      signal.addEventListener('abort', () => resolve(null), { once: true }),
    );
    for (const source of sources) {
      if (signal.aborted) break;
      const bytes = await Promise.race([source.fetch(ref, signal).catch(() => null), aborted]);
      if (bytes?.byteLength !== ref.bytes || (await sha256Of(bytes)) !== ref.sha256) continue;
      // A full disk costs the next download, not this work.
      await cache.put(bytes).then(onStored, () => {});
      return bytes;
    }
    throw new PathfoldError('blob_unavailable', `Blob ${ref.sha256.slice(0, 12)} of ${ref.bytes} bytes.`);
  };

  const fetchBlob = (ref: BlobRef, signal: AbortSignal): Promise<Uint8Array> => {
    const present = underway.get(ref.sha256);
    if (present)
      return present.promise.catch((error) => {
        // The caller that began it gave up, but others that joined still want it.
        if (present.signal.aborted && !signal.aborted) return fetchBlob(ref, signal);
        throw error;
      });
    const promise = fetchNow(ref, signal).finally(() => underway.delete(ref.sha256));
    underway.set(ref.sha256, { promise, signal });
    return promise;
  };
  return fetchBlob;
}
