import { randomBytes } from 'node:crypto';
import { PIECE_BYTES } from '@pathfold/coordination/swarm/pieces';
import { expect, test } from 'vitest';
import type { Gathered } from './gathered.ts';
import { hashOf, serving, useRelay } from './relay.fixture.ts';

/** Bytes that came are never thrown away when their source fails (B11). */
const scene = useRelay();
const MODULE = new Uint8Array(randomBytes(1_000_003));

const missing = ({ holes }: Gathered) => holes.reduce((sum, { start, end }) => sum + end - start, 0);

test('B11: when sharing ends in the middle of a blob, what came is handed on, also what the coordinator was sending', async () => {
  const { relay } = scene;
  const ref = relay.put(MODULE);
  let given = 0;
  let open = () => {};
  relay.gate = new Promise((resolve) => {
    open = resolve;
  });
  const mortal = async (_sha256: string, start: number, end: number) => {
    open();
    if (++given === 4) queueMicrotask(() => relay.swarms.get('leecher')!.close());
    return given > 4 ? null : MODULE.slice(start, end);
  };
  relay.join('seeder', mortal).have([ref.sha256]);
  const gathered = (await relay.join('leecher').fetch(ref, null))!;
  expect(missing(gathered)).toBeLessThan(MODULE.length);
  const came = relay.sourceBytes + relay.stats.get('leecher')!.receivedBytes;
  expect(missing(gathered)).toBeLessThanOrEqual(MODULE.length - came + 4 * PIECE_BYTES);
  for (const { start, end } of gathered.holes) gathered.bytes.set(MODULE.subarray(start, end), start);
  expect(hashOf(gathered)).toBe(ref.sha256);
});

test('B11: what came before is not fetched again, unless it is wrong', async () => {
  const { relay } = scene;
  const ref = relay.put(MODULE);
  const bytes = MODULE.slice();
  bytes[70_000]! ^= 1;
  bytes.fill(0, 300_000, 400_000);
  const gathered = await relay.join('leecher').fetch(ref, { bytes, holes: [{ start: 300_000, end: 400_000 }] });
  expect(hashOf(gathered)).toBe(ref.sha256);
  // Pieces 1 (wrong) and 4, 5, 6 (in part missing).
  expect(relay.sourceBytes).toBe(4 * PIECE_BYTES);
});

test('B11: a coordinator that gives no piece any more leaves those of peers', async () => {
  const { relay } = scene;
  const ref = relay.put(MODULE);
  relay.join('seeder', serving(MODULE)).have([ref.sha256]);
  const leecher = relay.join('leecher', async () => null, { range: async () => false });
  expect(hashOf(await leecher.fetch(ref, null))).toBe(ref.sha256);
  expect(relay.sourceBytes).toBe(0);
});

test('B11: where neither the coordinator nor peers give the rest, what came is the answer', async () => {
  const { relay } = scene;
  const ref = relay.put(MODULE);
  const half = async (_sha256: string, start: number, end: number) =>
    end <= 500_000 ? MODULE.slice(start, end) : null;
  relay.join('seeder', half).have([ref.sha256]);
  const leecher = relay.join('leecher', async () => null, { range: async () => false });
  const gathered = (await leecher.fetch(ref, null))!;
  expect(missing(gathered)).toBeGreaterThan(0);
  expect(gathered.holes[0]!.start).toBeGreaterThanOrEqual(4 * PIECE_BYTES);
});

test('B9: a table that lies makes the pieces worthless: nothing of them is handed on', async () => {
  const { relay } = scene;
  const ref = relay.put(MODULE);
  const table = async () => new Uint8Array(32 * 16);
  const gathered = (await relay.join('leecher', async () => null, { table }).fetch(ref, null))!;
  expect(gathered.holes).toEqual([{ start: 0, end: MODULE.length }]);
  const none = (await relay.join('other', async () => null, { table: async () => null }).fetch(ref, null))!;
  expect(none.holes).toEqual([{ start: 0, end: MODULE.length }]);
});
