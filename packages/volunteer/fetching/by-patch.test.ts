import { memoryBlobs, sha256Of } from '@pathfold/blobs/memory';
import { halfBytesOf } from '@pathfold/compression/half';
import { integersOf, type Lattice } from '@pathfold/compression/lattice';
import { type NextVersion, nextVersion } from '@pathfold/compression/next-version';
import { encodePatch } from '@pathfold/compression/patch';
import type { VersionRef } from '@pathfold/protocol/blob';
import { PathfoldError } from '@pathfold/protocol/errors';
import { expect, test } from 'vitest';
import { fetchByPatch } from './by-patch.ts';
import { openCache } from './cache.ts';
import { createFetching } from './fetching.ts';

const COUNT = 2000;
const wave = (at: number, size: number) => Float32Array.from({ length: COUNT }, (_, i) => size * Math.sin(at + i * i));
const bytesIn = ({ buffer, byteOffset, byteLength }: Float32Array | Uint16Array) =>
  new Uint8Array(buffer, byteOffset, byteLength).slice();

/** A coordinator with three versions of a module, each with its ways; and a volunteer that counts what it fetches. */
async function scene() {
  const store = memoryBlobs();
  const versions: VersionRef[] = [await store.put(bytesIn(wave(0, 0.05)))];
  let before = wave(0, 0.05);
  let master = before;
  let lattice: Lattice | null = null;
  let snapshot = versions[0]!;
  for (let fold = 1; fold <= 3; fold++) {
    const to = master.map((value, i) => value + 0.003 * Math.sin(fold + 7 * i));
    const next: NextVersion = nextVersion({ before, lattice, from: master, to, share: 1 })!;
    if (next.snapshot) snapshot = await store.put(halfBytesOf(next.snapshot));
    const patches = [
      { from: versions.at(-1)!.sha256, ...(await store.put(next.fromBefore!)) },
      { from: snapshot.sha256, ...(await store.put(next.fromSnapshot)) },
    ];
    const { sha256, bytes } = await store.put(bytesIn(next.version));
    versions.push({ sha256, bytes, lattice: { snapshot, patches } });
    [before, master, lattice] = [next.version, to, next.lattice];
  }
  const fetched: number[] = [];
  const cache = await openCache(memoryBlobs(), 1e9);
  const source = {
    async fetch({ sha256, bytes }: { sha256: string; bytes: number }) {
      fetched.push(bytes);
      const found = await store.get(sha256);
      return found && { bytes: found, holes: [] };
    },
  };
  const fetchBlob = fetchByPatch(
    cache,
    createFetching(cache, [source], () => {}),
    () => {},
  );
  const fetch = async (ref: VersionRef) => {
    fetched.length = 0;
    const bytes = await fetchBlob(ref, new AbortController().signal);
    expect(await sha256Of(bytes)).toBe(ref.sha256);
    return fetched.reduce((sum, one) => sum + one, 0) / COUNT;
  };
  return { store, versions, cache, fetch, fetched, lattice: lattice!, snapshot };
}

test('V4: a volunteer that follows takes the whole once, then patches, and makes the snapshot itself', async () => {
  const { versions, fetch } = await scene();
  const [zero, one, two, three] = versions as [VersionRef, VersionRef, VersionRef, VersionRef];
  expect(await fetch(zero)).toBe(4);
  for (const version of [one, two, three]) expect(await fetch(version)).toBeLessThan(0.4);
  expect(await fetch(two)).toBe(0);
});

test('V5: a joiner takes the snapshot and one patch; whoever has the snapshot, the patch alone', async () => {
  const { versions, fetch } = await scene();
  const joined = await fetch(versions[1]!);
  expect(joined).toBeGreaterThan(2);
  expect(joined).toBeLessThanOrEqual(2.6);
  // The version before it is not here.
  expect(await fetch(versions[3]!)).toBeLessThan(0.6);
});

test('V6: a patch that does not lead to the named hash is thrown away, and the whole is fetched', async () => {
  const { store, versions, fetch, lattice, snapshot } = await scene();
  await fetch(versions[0]!);
  const to = integersOf(wave(0, 0.05), lattice)!;
  const zero = wave(0, 0.05);
  const wrong = await store.put(
    encodePatch(
      zero,
      to.map((n) => n + 1),
      lattice,
    )!,
  );
  const short = await store.put(
    encodePatch(zero.subarray(1), to.subarray(1), { ...lattice, snapshot: lattice.snapshot.subarray(1) })!,
  );
  const garbage = await store.put(new Uint8Array(500).fill(99));
  const { sha256, bytes } = versions[1]!;
  for (const patch of [wrong, short, garbage]) {
    const own = await scene();
    await own.store.put((await store.get(patch.sha256))!);
    await own.fetch(versions[0]!);
    const patches = [{ from: versions[0]!.sha256, ...patch }];
    expect(await own.fetch({ sha256, bytes, lattice: { snapshot, patches } })).toBeGreaterThanOrEqual(4);
  }
});

test('ways that are no shorter than the whole, of another size, or gone are not taken', async () => {
  const { versions, fetch } = await scene();
  const { sha256, bytes, lattice } = versions[3]!;
  const [fromBefore, fromSnapshot] = lattice!.patches;
  const longer = { ...lattice!, patches: [{ ...fromSnapshot!, bytes: bytes / 2 }] };
  const other = { ...lattice!, snapshot: { ...lattice!.snapshot, bytes: bytes * 1000 } };
  const gone = { ...lattice!, patches: [fromBefore!, { ...fromSnapshot!, sha256: 'f'.repeat(64) }] };
  for (const ways of [longer, other]) {
    const own = await scene();
    expect(await own.fetch({ sha256, bytes, lattice: ways })).toBe(4);
    expect(own.fetched).toHaveLength(1);
  }
  expect(await fetch({ sha256, bytes, lattice: gone })).toBeGreaterThanOrEqual(4);
  await expect(fetch({ sha256: 'e'.repeat(64), bytes, lattice: gone })).rejects.toThrow(PathfoldError);
});
