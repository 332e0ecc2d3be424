import { expect, test } from 'vitest';
import type { Link } from './link.ts';
import { Serving, Uplink } from './serving.ts';
import { readFrame } from './wire.ts';

const KIB = 1024;
const SHA = 'a'.repeat(64);
const settle = () => new Promise((resolve) => setImmediate(resolve));

/** An upload with takers whose links take a frame when the test lets them. */
function upload() {
  const clock = { at: 0 };
  const uplink = new Uplink(() => clock.at);
  const pass = (ms: number) => {
    clock.at += ms;
    uplink.tick();
    return settle();
  };
  const taker = (isSlow = false) => {
    const got = { bytes: 0, refusals: [] as { refused: number; busy: boolean }[], closed: false };
    const held: (() => void)[] = [];
    const link: Link = {
      isOpen: true,
      signal() {},
      async send(frame) {
        if (typeof frame === 'string') got.refusals.push(JSON.parse(frame));
        else {
          if (isSlow) await new Promise<void>((go) => held.push(go));
          got.bytes += readFrame(frame)!.bytes.length;
        }
      },
      close: () => {
        got.closed = true;
      },
    };
    const read = async ({ bytes }: { bytes: number }) => new Uint8Array(bytes);
    const serving = new Serving(
      link,
      uplink,
      read,
      () => clock.at,
      () => {},
    );
    const ask = (request: number, bytes = 64 * KIB) => serving.answer({ ask: request, sha256: SHA, start: 0, bytes });
    return { got, serving, ask, take: () => held.shift()?.() };
  };
  return { clock, uplink, pass, taker };
}

test('B5: four are sent pieces at a time; the fifth is served when one of them is done', async () => {
  const { taker } = upload();
  const takers = Array.from({ length: 5 }, () => taker(true));
  for (const { ask } of takers) ask(1, 32 * KIB);
  await settle();
  takers[4]!.take();
  await settle();
  expect(takers.map(({ got }) => got.bytes)).toEqual([0, 0, 0, 0, 0]);
  takers[0]!.take();
  await settle();
  takers[4]!.take();
  await settle();
  expect(takers.map(({ got }) => got.bytes / KIB)).toEqual([32, 0, 0, 0, 32]);
});

test('B5: one that waits for its turn for a second is refused as busy, and may ask again', async () => {
  const { pass, taker } = upload();
  const takers = Array.from({ length: 5 }, () => taker(true));
  for (const { ask } of takers) ask(1, 32 * KIB);
  await settle();
  const [first, , , , late] = takers;
  await pass(999);
  expect(late!.got.refusals).toEqual([]);
  await pass(1);
  expect(late!.got.refusals).toEqual([{ refused: 1, busy: true }]);
  first!.take();
  await settle();
  late!.ask(2, 32 * KIB);
  await settle();
  late!.take();
  await settle();
  expect(late!.got.bytes).toBe(32 * KIB);
});

test('B14: a taker that does not take what it asked for is overdue', async () => {
  const { clock, taker } = upload();
  const { serving, ask, take } = taker(true);
  ask(1);
  await settle();
  clock.at = 9_999;
  expect(serving.overdue).toBe(false);
  take();
  await settle();
  clock.at = 10_400;
  expect(serving.overdue).toBe(false);
  // No part for ten seconds, or the piece at less than 128 KiB/s on the whole.
  clock.at = 10_500;
  expect(serving.overdue).toBe(true);
});

test('B12: who asks for too much at once, or twice by one number, is no honest peer', async () => {
  const { taker } = upload();
  const { ask } = taker(true);
  expect(Array.from({ length: 9 }, (_, i) => ask(i))).toEqual([...Array(8).fill(true), false]);
  const other = taker(true);
  expect([other.ask(1), other.ask(1)]).toEqual([true, false]);
});

test('B15: no more than the person allows goes to peers, and as few takers that each gets its part', async () => {
  const { uplink, pass, taker } = upload();
  uplink.limit(64 * KIB);
  const takers = [taker(), taker()];
  for (const { ask } of takers) for (let request = 0; request < 8; request++) ask(request);
  const sent = () => takers.reduce((sum, { got }) => sum + got.bytes, 0);
  await settle();
  for (let i = 0; i < 40; i++) await pass(250);
  // One second's worth at the start, one a second, and the frame that goes beyond.
  expect(sent()).toBeLessThanOrEqual((1 + 10) * 64 * KIB + 32 * KIB);
  expect(sent()).toBeGreaterThanOrEqual(9 * 64 * KIB);
  uplink.limit(20 * KIB);
  const last = [taker(true), taker(true)];
  for (const { ask } of last) ask(1, 1 * KIB);
  uplink.limit(Number.POSITIVE_INFINITY);
  await pass(250);
  expect(sent()).toBe(16 * 64 * KIB);
});
