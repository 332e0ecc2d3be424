import { expect, test } from 'vitest';
import type { Link } from './link.ts';
import { Serving } from './transfer.ts';
import { PIECE_BYTES } from './wire.ts';

const SMALL = 'a'.repeat(64);
const LARGE = 'b'.repeat(64);
const BLOBS = new Map([
  [SMALL, new Uint8Array(10)],
  [LARGE, new Uint8Array(256 * PIECE_BYTES)],
]);

/** One peer's asks, on a link whose frames go out only as `take` is called. */
function scene() {
  let at = 0;
  let requests = 0;
  const held: (() => void)[] = [];
  const serving = new Serving(
    async (sha256) => BLOBS.get(sha256) ?? null,
    () => at,
  );
  const link = { send: () => new Promise<void>((taken) => held.push(taken)), close: () => {} } as unknown as Link;
  const settle = () => new Promise((resolve) => setImmediate(resolve));
  return {
    get overdue() {
      return serving.overdue;
    },
    pass(ms: number) {
      at += ms;
    },
    async ask(sha256: string) {
      serving.answer(JSON.stringify({ request: ++requests, sha256 }), link, () => {});
      await settle();
    },
    /** The peer reads all that waits for it; answers whether there was something. */
    async take() {
      const frames = held.splice(0);
      for (const taken of frames) taken();
      await settle();
      return frames.length > 0;
    },
  };
}

test('a peer that asks and does not read is cut off after ten seconds (B5)', async () => {
  const peer = scene();
  peer.pass(59_000);
  await peer.ask(LARGE);
  await peer.take();
  peer.pass(9_999);
  expect(peer.overdue).toBe(false);
  peer.pass(1);
  expect(peer.overdue).toBe(true);
});

test('a peer that reads a piece now and then is cut off when it is too slow for the blob (B5)', async () => {
  const peer = scene();
  await peer.ask(LARGE);
  let seconds = 0;
  for (; !peer.overdue; seconds++) {
    await peer.take();
    peer.pass(1_000);
  }
  expect(seconds).toBe(10 + (256 * PIECE_BYTES) / (128 * 1024));
});

test('a peer that reads at the rate that is asked of everybody is served to the end', async () => {
  const peer = scene();
  await peer.ask(LARGE);
  while (await peer.take()) {
    expect(peer.overdue).toBe(false);
    peer.pass((1000 * PIECE_BYTES) / (128 * 1024));
  }
  peer.pass(59_000);
  expect(peer.overdue).toBe(false);
});

test('asking for what is not served here keeps no link; each blob that is served does (B5)', async () => {
  const peer = scene();
  const ask = async (sha256: string) => {
    peer.pass(58_000);
    await peer.ask(sha256);
    while (await peer.take());
    peer.pass(1_000);
    return peer.overdue;
  };
  expect(await ask(SMALL)).toBe(false);
  expect(await ask(SMALL)).toBe(false);
  expect(await ask('c'.repeat(64))).toBe(true);
});
