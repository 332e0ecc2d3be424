import type { BlobRef } from '@pathfold/protocol/blob';
import { PathfoldError } from '@pathfold/protocol/errors';
import { readChunks } from '@pathfold/protocol/read-chunks';
import type { BlobSource } from './fetching.ts';

/** Attempts in a row that bring not one byte. */
const MOST_FAILURES = 5;
const PAUSE_MS = 400;
/** A download that brings nothing for so long is on a connection that died: it is broken off, and resumed. */
const SILENCE_MS = 30_000;

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
  /** Fills `into` from byte `progress.received` on; calls `heard` with whatever comes. */
  const attempt = async (
    ref: BlobRef,
    into: Uint8Array,
    progress: { received: number },
    signal: AbortSignal,
    heard: () => void,
  ) => {
    const headers = new Headers(progress.received > 0 ? { range: `bytes=${progress.received}-` } : {});
    const secret = token();
    if (secret) headers.set('authorization', `Bearer ${secret}`);
    const response = await fetchUrl(new URL(`api/v1/blobs/${ref.sha256}`, url), { headers, signal });
    if (response.status === 404 || response.status === 410) throw new PathfoldError('blob_unavailable');
    if (!response.ok || !response.body) throw new Error(`the coordinator answered ${response.status}`);
    if (response.status !== 206) progress.received = 0;
    for await (const chunk of readChunks(response.body)) {
      heard();
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
        const silence = watchSilence();
        try {
          await attempt(ref, bytes, progress, AbortSignal.any([signal, silence.signal]), silence.heard);
          if (progress.received === ref.bytes) return bytes;
        } catch (error) {
          if (error instanceof PathfoldError) return null;
        } finally {
          silence.end();
        }
        if (progress.received > before) failures = 0;
        await new Promise((resolve) => setTimeout(resolve, PAUSE_MS * 2 ** failures));
      }
      return null;
    },
  };
}

/** Its signal aborts when nothing was heard for too long, until its end. */
function watchSilence() {
  const silent = new AbortController();
  let timer: ReturnType<typeof setTimeout>;
  const end = () => clearTimeout(timer);
  const heard = () => {
    end();
    timer = setTimeout(() => silent.abort(), SILENCE_MS);
  };
  heard();
  return { signal: silent.signal, heard, end };
}
