import { sha256Of } from '@pathfold/blobs/memory';
import { halfBytesOf, halvesIn, halvesOf, valuesOf } from '@pathfold/compression/half';
import { applyPatch } from '@pathfold/compression/patch';
import type { BlobRef, Lattice, VersionRef } from '@pathfold/protocol/blob';
import type { Cache } from './cache.ts';

type FetchBlob = (ref: BlobRef, signal: AbortSignal) => Promise<Uint8Array>;

const floatsIn = (blob: Uint8Array): Float32Array => new Float32Array(new Uint8Array(blob).buffer);

/**
 * Fetches versions of modules by patches where that is less than the whole (rules V4 to V6). What a patch leads to counts
 * when it has the hash that the task names; else the whole is fetched.
 * @param onStored told when a version was made here.
 */
export function fetchByPatch(cache: Cache, fetchBlob: FetchBlob, onStored: () => void) {
  const own = (sha256: string) => cache.get(sha256).catch(() => null);
  // A full disk costs the next download, not this work.
  const keep = (bytes: Uint8Array) => cache.put(bytes).catch(() => {});

  /** Null where it is not here, and whoever has the version before cannot make it. */
  async function snapshotHere({ sha256 }: BlobRef, before: Float32Array | null): Promise<Uint8Array | null> {
    const held = await own(sha256);
    if (held || !before) return held;
    const made = halfBytesOf(halvesOf(before));
    if ((await sha256Of(made)) !== sha256) return null;
    await keep(made);
    return made;
  }

  /** Null where another way, or the whole, is no longer. */
  async function follow(ref: VersionRef, { from, ...patch }: Lattice['patches'][number], signal: AbortSignal) {
    const { snapshot } = ref.lattice!;
    const isJoining = from === snapshot.sha256;
    const before = isJoining ? null : await own(from);
    if (before ? before.byteLength !== ref.bytes : !isJoining) return null;
    const here = await snapshotHere(snapshot, before && floatsIn(before));
    if ((here ? 0 : snapshot.bytes) + patch.bytes >= ref.bytes) return null;
    const [halves, bytes] = await Promise.all([here ?? fetchBlob(snapshot, signal), fetchBlob(patch, signal)]);
    const values = valuesOf(halvesIn(halves));
    const made = applyPatch(bytes, before ? floatsIn(before) : values, values);
    const version = new Uint8Array(made.buffer);
    return (await sha256Of(version)) === ref.sha256 ? version : null;
  }

  return async (ref: VersionRef, signal: AbortSignal): Promise<Uint8Array> => {
    const { sha256, bytes, lattice } = ref;
    const fits = lattice?.snapshot.bytes === bytes / 2;
    for (const patch of fits && !(await own(sha256)) ? lattice.patches : []) {
      const version = await follow(ref, patch, signal).catch(() => null);
      if (!version) continue;
      await keep(version).then(onStored);
      return version;
    }
    return fetchBlob({ sha256, bytes }, signal);
  };
}
