import type { BlobRef } from '@pathfold/protocol/blob';
import { PathfoldError } from '@pathfold/protocol/errors';
import { readChunks } from '@pathfold/protocol/read-chunks';
import { nothingOf } from '@pathfold/swarm/gathered';
import type { SwarmPorts } from '@pathfold/swarm/swarm';
import type { BlobSource } from './fetching.ts';

/** Attempts in a row that bring not one byte. */
const MOST_FAILURES = 5;
const PAUSE_MS = 400;
/** A download that brings nothing for so long is on a connection that died: it is broken off, and resumed. */
const SILENCE_MS = 30_000;

export interface CoordinatorSource extends BlobSource, Pick<SwarmPorts, 'range' | 'table'> {}

/**
 * The peer that always works: HTTPS from the coordinator. A download that breaks is resumed by a range request.
 * `token`: secret of the lease in hand, for the blobs of private runs.
 */
export function coordinatorSource(
  fetchUrl: typeof fetch,
  url: URL,
  token: () => string | null,
  onBytes: (count: number) => void,
): CoordinatorSource {
  const ask = (path: string, headers: Headers, signal: AbortSignal) => {
    const secret = token();
    if (secret) headers.set('authorization', `Bearer ${secret}`);
    return fetchUrl(new URL(`api/v1/blobs/${path}`, url), { headers, signal });
  };

  /** Passes on bytes [at, end) until the answer ends or breaks. */
  const attempt = async (
    ref: BlobRef,
    at: number,
    end: number,
    signal: AbortSignal,
    take: (bytes: Uint8Array) => void,
  ) => {
    const last = end < ref.bytes ? end - 1 : '';
    const isWhole = at === 0 && end === ref.bytes;
    const response = await ask(ref.sha256, new Headers(isWhole ? {} : { range: `bytes=${at}-${last}` }), signal);
    if (response.status === 404 || response.status === 410) throw new PathfoldError('blob_unavailable');
    if (!response.ok || !response.body) throw new Error(`the coordinator answered ${response.status}`);
    let skip = response.status === 206 ? 0 : at;
    let left = end - at;
    for await (const chunk of readChunks(response.body)) {
      onBytes(chunk.byteLength);
      const bytes = chunk.subarray(Math.min(skip, chunk.byteLength));
      skip -= chunk.byteLength - bytes.byteLength;
      if (bytes.byteLength > left && response.status === 206) throw new PathfoldError('blob_unavailable');
      take(bytes.subarray(0, left));
      left -= Math.min(left, bytes.byteLength);
      if (bytes.byteLength > 0 && left === 0 && end < ref.bytes) return;
    }
  };

  async function range(
    ref: BlobRef,
    start: number,
    end: number,
    take: (bytes: Uint8Array) => void,
    signal: AbortSignal = new AbortController().signal,
  ): Promise<boolean> {
    let at = start;
    for (let failures = 0; failures < MOST_FAILURES && !signal.aborted; failures++) {
      const before = at;
      const silence = watchSilence();
      try {
        await attempt(ref, at, end, AbortSignal.any([signal, silence.signal]), (bytes) => {
          silence.heard();
          take(bytes);
          at += bytes.byteLength;
        });
        if (at === end) return true;
      } catch (error) {
        if (error instanceof PathfoldError) return false;
      } finally {
        silence.end();
      }
      if (at > before) failures = 0;
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS * 2 ** failures));
    }
    return false;
  }

  return {
    range: (ref, start, end, take) => range(ref, start, end, take),
    async table(ref) {
      for (let failures = 0; failures < MOST_FAILURES; failures++) {
        const silence = watchSilence();
        try {
          const response = await ask(`${ref.sha256}/pieces`, new Headers(), silence.signal);
          if (response.ok) return new Uint8Array(await response.arrayBuffer());
          if (response.status < 500 && response.status !== 429) return null;
        } catch {
          // As a download that breaks.
        } finally {
          silence.end();
        }
        await new Promise((resolve) => setTimeout(resolve, PAUSE_MS * 2 ** failures));
      }
      return null;
    },
    async fetch(ref, signal, begun) {
      const { bytes, holes } = begun ?? nothingOf(ref);
      for (const [i, { start, end }] of holes.entries()) {
        let at = start;
        const take = (chunk: Uint8Array) => {
          bytes.set(chunk, at);
          at += chunk.byteLength;
        };
        if (!(await range(ref, start, end, take, signal)))
          return { bytes, holes: [{ start: at, end }, ...holes.slice(i + 1)] };
      }
      return { bytes, holes: [] };
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
