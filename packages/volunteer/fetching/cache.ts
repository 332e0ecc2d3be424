import type { BlobStore } from '@pathfold/blobs/blob-store';
import { sha256Of } from '@pathfold/blobs/memory';

/** The blobs that this volunteer has: the least recently used go when they are more than the bound. */
export interface Cache {
  /** The bytes, checked against the hash; null when they are not here (any more, or not intact). */
  get(sha256: string): Promise<Uint8Array | null>;
  /** Bytes [start, end) as they are on the disk: whoever gets them checks them. */
  read(sha256: string, start: number, end: number): Promise<Uint8Array | null>;
  put(bytes: Uint8Array): Promise<void>;
  /** The hashes, the most recently used first. */
  list(): string[];
}

/**
 * Where the disk takes less than `maxBytes`, the bound becomes what fits, with some room for others.
 * @param maxBytes the latest blob stays even where it alone is larger.
 */
export async function openCache(blobs: BlobStore, maxBytes: number): Promise<Cache> {
  const sizes = new Map<string, number>();
  let total = 0;
  let bound = maxBytes;
  const forget = async (sha256: string) => {
    total -= sizes.get(sha256) ?? 0;
    sizes.delete(sha256);
    await blobs.delete(sha256);
  };
  const touch = (sha256: string, bytes: number) => {
    total += bytes - (sizes.get(sha256) ?? 0);
    sizes.delete(sha256);
    sizes.set(sha256, bytes);
  };
  /** Forgets the least recently used until the others are no more than this; `spared` of the latest stay in any case. */
  const shrinkTo = async (most: number, spared = 1) => {
    for (const sha256 of [...sizes.keys()].slice(0, sizes.size - spared)) {
      if (total <= most) return;
      await forget(sha256);
    }
  };
  /** The disk is full: half of what is freed is left for what others write there. */
  const putOnFull = async (bytes: Uint8Array) => {
    const before = total;
    await shrinkTo(before - 2 * bytes.byteLength, 0);
    const ref = await blobs.put(bytes);
    if (total < before) bound = total + ref.bytes;
    return ref;
  };
  for await (const ref of blobs.list()) touch(ref.sha256, ref.bytes);
  await shrinkTo(bound);

  return {
    async get(sha256) {
      const bytes = sizes.has(sha256) ? await blobs.get(sha256) : null;
      if (bytes && (await sha256Of(bytes)) === sha256) {
        touch(sha256, bytes.byteLength);
        return bytes;
      }
      if (sizes.has(sha256)) await forget(sha256);
      return null;
    },
    read: async (sha256, start, end) => (sizes.has(sha256) ? blobs.get(sha256, { start, end }) : null),
    async put(bytes) {
      const ref = await blobs.put(bytes).catch(() => putOnFull(bytes));
      touch(ref.sha256, ref.bytes);
      await shrinkTo(bound);
    },
    list: () => [...sizes.keys()].reverse(),
  };
}
