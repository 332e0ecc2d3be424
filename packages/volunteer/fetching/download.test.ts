import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { coordinatorSource } from './download.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const BYTES = Uint8Array.of(1, 2, 3, 4, 5);
const REF = { sha256: 'a'.repeat(64), bytes: BYTES.length };

/** A coordinator whose answers bring one byte each `everyMs`, and end for good after `count` of them. */
function trickling(everyMs: number, count: number) {
  const asked: (string | null)[] = [];
  const fetchUrl = (async (_url: URL, { headers, signal }: { headers: Headers; signal: AbortSignal }) => {
    const range = headers.get('range');
    asked.push(range);
    const start = Number(/\d+/.exec(range ?? '')?.[0] ?? 0);
    const body = new ReadableStream<Uint8Array>({
      async start(controller) {
        signal.addEventListener('abort', () => controller.error(signal.reason));
        for (let i = start; i < Math.min(start + count, BYTES.length); i++) {
          await new Promise((resolve) => setTimeout(resolve, everyMs));
          controller.enqueue(BYTES.slice(i, i + 1));
        }
        if (start + count >= BYTES.length) controller.close();
      },
    });
    return new Response(body, { status: start > 0 ? 206 : 200 });
  }) as unknown as typeof fetch;
  return {
    asked,
    source: coordinatorSource(
      fetchUrl,
      new URL('http://x/'),
      () => null,
      () => {},
    ),
  };
}

test('a download on a connection that died is broken off, and resumed', async () => {
  const { asked, source } = trickling(1, 3);
  const bytes = source.fetch(REF, new AbortController().signal, null);
  await vi.advanceTimersByTimeAsync(31_000);
  expect(await bytes).toEqual({ bytes: BYTES, holes: [] });
  expect(asked).toEqual([null, 'bytes=3-']);
});

test('a slow download is waited for while it brings something', async () => {
  const { asked, source } = trickling(20_000, 5);
  const bytes = source.fetch(REF, new AbortController().signal, null);
  await vi.advanceTimersByTimeAsync(100_000);
  expect(await bytes).toEqual({ bytes: BYTES, holes: [] });
  expect(asked).toEqual([null]);
  expect(vi.getTimerCount()).toBe(0);
});
