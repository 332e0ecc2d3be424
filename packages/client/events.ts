import { ERRORS, PathfoldError } from '@pathfold/protocol/errors';
import { readChunks } from '@pathfold/protocol/read-chunks';
import { RunEvent } from '@pathfold/protocol/resources';
import type { Http } from './http.ts';

export interface EventListener {
  onEvent(event: RunEvent): void;
  /** `live` after each connection, `away` when it is lost; a new attempt follows by itself. */
  onState?(state: 'live' | 'away'): void;
  /** The coordinator refuses the stream (the run is gone, or private): no further attempt. */
  onRefused?(error: PathfoldError): void;
}

interface Frame {
  readonly id: string | null;
  readonly data: string;
}

const RETRY_FIRST_MS = 500;
const RETRY_MOST_MS = 15_000;

/** Splits a stream of server-sent events into frames (HTML Living Standard, section 9.2.6). */
export async function* readFrames(stream: ReadableStream<Uint8Array>): AsyncGenerator<Frame> {
  const texts = stream.pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>);
  let rest = '';
  let id: string | null = null;
  let data: string[] = [];
  for await (const text of readChunks(texts)) {
    const lines = (rest + text).split(/\r?\n/);
    rest = lines.pop() ?? '';
    for (const line of lines) {
      if (line === '') {
        if (data.length > 0) yield { id, data: data.join('\n') };
        data = [];
      } else if (line.startsWith('data:')) data.push(line.slice(5).replace(/^ /, ''));
      else if (line.startsWith('id:')) id = line.slice(3).trim();
    }
  }
}

const isFinal = ({ code }: PathfoldError): boolean => ERRORS[code].status < 429;

const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    const cut = () => {
      clearTimeout(timer);
      resolve();
    };
    signal.addEventListener('abort', cut, { once: true });
  });

/**
 * Follows a run's live events and reconnects with Last-Event-ID until the returned function is called.
 * Events of a type that this build does not know are skipped.
 */
export function followEvents(http: Http, run: string, listener: EventListener): () => void {
  const stop = new AbortController();
  let lastId: string | null = null;

  async function connectOnce(): Promise<void> {
    const response = await http.send(`/runs/${encodeURIComponent(run)}/events`, {
      headers: { Accept: 'text/event-stream', ...(lastId === null ? {} : { 'Last-Event-ID': lastId }) },
      signal: stop.signal,
    });
    if (!response.body) return;
    listener.onState?.('live');
    for await (const frame of readFrames(response.body)) {
      lastId = frame.id ?? lastId;
      const event = RunEvent.safeParse(JSON.parse(frame.data));
      if (event.success) listener.onEvent(event.data);
    }
  }

  async function follow(): Promise<void> {
    let wait = RETRY_FIRST_MS;
    while (!stop.signal.aborted) {
      const began = performance.now();
      try {
        await connectOnce();
      } catch (error) {
        if (stop.signal.aborted) return;
        if (error instanceof PathfoldError && isFinal(error)) return listener.onRefused?.(error);
      }
      if (stop.signal.aborted) return;
      listener.onState?.('away');
      if (performance.now() - began > RETRY_MOST_MS) wait = RETRY_FIRST_MS;
      await pause(wait, stop.signal);
      wait = Math.min(wait * 2, RETRY_MOST_MS);
    }
  }

  void follow();
  return () => stop.abort();
}
