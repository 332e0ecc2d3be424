import type { BlobRef } from '@pathfold/protocol/blob';
import { PathfoldError } from '@pathfold/protocol/errors';
import { readChunks } from '@pathfold/protocol/read-chunks';
import type { BlobSource } from './fetching.ts';

/** Attempts in a row that bring not one byte. */
const MOST_FAILURES = 5;
const PAUSE_MS = 400;

/**
 * The peer that always works: HTTPS from the coordinator. A download that breaks is resumed by a range request.
 * `token`: secret of the lease in hand, for the blobs of private runs.
 */
export function coordinatorSource(
  fetchUrl: typeof fetch,
  url: URL,
  token: () => string | null,
  onBytes: (count: number) => void,
): BlobSource {
  /** Fills `into` from byte `progress.received` on. */
  const attempt = async (ref: BlobRef, into: Uint8Array, progress: { received: number }, signal: AbortSignal) => {
    const headers = new Headers(progress.received > 0 ? { range: `bytes=${progress.received}-` } : {});
    const secret = token();
    if (secret) headers.set('authorization', `Bearer ${secret}`);
    const response = await fetchUrl(new URL(`api/v1/blobs/${ref.sha256}`, url), { headers, signal });
    if (response.status === 404 || response.status === 410) throw new PathfoldError('blob_unavailable');
    if (!response.ok || !response.body) throw new Error(`the coordinator answered ${response.status}`);
    if (response.status !== 206) progress.received = 0;
    for await (const chunk of readChunks(response.body)) {
      onBytes(chunk.byteLength);
      if (progress.received + chunk.byteLength > ref.bytes) throw new PathfoldError('blob_unavailable');
      into.set(chunk, progress.received);
      progress.received += chunk.byteLength;
    }
  };

  return {
    async fetch(ref, signal) {
      const bytes = new Uint8Array(ref.bytes);
      const progress = { received: 0 };
      for (let failures = 0; failures < MOST_FAILURES && !signal.aborted; failures++) {
        const before = progress.received;
        try {
          await attempt(ref, bytes, progress, signal);
          if (progress.received === ref.bytes) return bytes;
        } catch (error) {
          if (error instanceof PathfoldError) return null;
        }
        if (progress.received > before) failures = 0;
        await new Promise((resolve) => setTimeout(resolve, PAUSE_MS * 2 ** failures));
      }
      return null;
    },
  };
}
