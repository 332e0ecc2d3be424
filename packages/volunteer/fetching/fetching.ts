import { sha256Of } from '@pathfold/blobs/memory';
import type { BlobRef } from '@pathfold/protocol/blob';
import { PathfoldError } from '@pathfold/protocol/errors';
import type { Gathered } from '@pathfold/swarm/gathered';
import type { Cache } from './cache.ts';

/**
 * Somewhere that blobs come from. It goes on with what was begun (null: nothing), and answers how far it came; what it
 * answers is not trusted.
 */
export interface BlobSource {
  fetch(ref: BlobRef, signal: AbortSignal, begun: Gathered | null): Promise<Gathered | null>;
}

/** Tells of each download from a source how many bytes it brought, and how long it took. */
export const measured = (
  source: BlobSource,
  now: () => number,
  onMeasured: (bytes: number, ms: number) => void,
): BlobSource => ({
  async fetch(ref, signal, begun) {
    const missing = (gathered: Gathered | null) =>
      gathered?.holes.reduce((sum, { start, end }) => sum + end - start, 0) ?? ref.bytes;
    const began = now();
    const gathered = await source.fetch(ref, signal, begun);
    onMeasured(missing(begun) - missing(gathered), now() - began);
    return gathered;
  },
});

/** Blobs that no source could finish: their next fetch goes on with what came. */
const MOST_UNFINISHED = 4;

/**
 * Fetches a blob: own store, then each source in turn (peers, then the coordinator). Everything is checked against its
 * size and hash before it is used or stored. Throws PathfoldError `blob_unavailable`.
 */
export function createFetching(cache: Cache, sources: readonly BlobSource[], onStored: () => void) {
  const unfinished = new Map<string, Gathered>();
  const underway = new Map<string, { readonly promise: Promise<Uint8Array>; readonly signal: AbortSignal }>();

  const fetchNow = async (ref: BlobRef, signal: AbortSignal): Promise<Uint8Array> => {
    const own = await cache.get(ref.sha256).catch(() => null);
    if (own) return own;
    let isWrong = false;
    // A source may go on for long after it is given up.
    const aborted = new Promise<null>((resolve) =>
      signal.addEventListener('abort', () => resolve(null), { once: true }),
    );
    let gathered = unfinished.get(ref.sha256) ?? null;
    unfinished.delete(ref.sha256);
    // The last source once more for a blob whose parts came from several, and were wrong.
    for (const [turn, source] of [...sources, sources.at(-1)!].entries()) {
      if (signal.aborted || (turn === sources.length && !isWrong)) break;
      const begun = gathered;
      gathered = (await Promise.race([source.fetch(ref, signal, begun).catch(() => begun), aborted])) ?? begun;
      if (!gathered || gathered.holes.length > 0) continue;
      const { bytes } = gathered;
      if (bytes.byteLength === ref.bytes && (await sha256Of(bytes)) === ref.sha256) {
        // A full disk costs the next download, not this work.
        await cache.put(bytes).then(onStored, () => {});
        return bytes;
      }
      gathered = null;
      isWrong = begun !== null;
    }
    if (gathered) unfinished.set(ref.sha256, gathered);
    if (unfinished.size > MOST_UNFINISHED) unfinished.delete(unfinished.keys().next().value!);
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
