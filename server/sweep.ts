import type { BlobStore } from '@pathfold/blobs/blob-store';
import type { DiskBlobs } from '@pathfold/blobs/disk';

const SHA256 = /[0-9a-f]{64}/g;

export interface SweepDeps {
  readonly blobs: BlobStore & Pick<DiskBlobs, 'storedAt'>;
  /** Texts that name, somewhere, the sha256 of every blob that is still needed. */
  readonly texts: () => Promise<string[]>;
  /** Work that stores blobs now which only its end names, each under a name of its own. */
  readonly underWay: () => Iterable<string>;
}

/** How far the times of files may lie behind the clock. */
const CLOCK_MS = 1000;

/**
 * Deletes blobs that nothing names any more: module versions that were stepped past, contributions that were folded.
 * A blob goes when it was unneeded in two sweeps in a row, was not stored again since the first, and nothing was under
 * way in both of them, so that what is stored but not yet named survives.
 */
export function createSweep({ blobs, texts, underWay }: SweepDeps) {
  let unneeded = new Set<string>();
  let before = new Set<string>();
  let beganBefore = 0;
  return {
    /** Answers how many blobs went. `began`: now, by the clock of `storedAt`. */
    async run(began = Date.now()): Promise<number> {
      const now = new Set(underWay());
      const all: string[] = [];
      for await (const { sha256 } of blobs.list()) all.push(sha256);
      const needed = new Set((await texts()).flatMap((text) => text.match(SHA256) ?? []));
      const garbage = all.filter((sha256) => !needed.has(sha256));
      const old = [...now].some((work) => before.has(work)) ? [] : garbage.filter((sha256) => unneeded.has(sha256));
      const oldest = beganBefore - CLOCK_MS;
      [unneeded, before, beganBefore] = [new Set(garbage), now, began];
      let gone = 0;
      for (const sha256 of old) {
        if (((await blobs.storedAt(sha256)) ?? 0) > oldest) continue;
        await blobs.delete(sha256);
        gone++;
      }
      return gone;
    },
  };
}
