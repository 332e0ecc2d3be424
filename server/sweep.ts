import type { BlobStore } from '@pathfold/blobs/blob-store';

const SHA256 = /[0-9a-f]{64}/g;

export interface SweepDeps {
  readonly blobs: BlobStore;
  /** Texts that name, somewhere, the sha256 of every blob that is still needed. */
  readonly texts: () => Promise<string[]>;
  /** What stores blobs now that only its end names, each under a name of its own. */
  readonly underWay: () => Iterable<string>;
}

/**
 * Deletes blobs that nothing names any more: module versions that were stepped past, contributions that were folded.
 * A blob goes when it was unneeded in two sweeps in a row and nothing was under way in both of them, so that what is
 * stored but not yet named survives.
 */
export function createSweep({ blobs, texts, underWay }: SweepDeps) {
  let unneeded = new Set<string>();
  let before = new Set<string>();
  const expected = new Set<string>();
  return {
    /** A blob that is about to be stored: it may have the bytes of one that nothing names. */
    expect: (sha256: string) => void expected.add(sha256),
    /** Answers how many blobs went. */
    async run(): Promise<number> {
      const now = new Set(underWay());
      const all: string[] = [];
      for await (const { sha256 } of blobs.list()) all.push(sha256);
      const needed = new Set((await texts()).flatMap((text) => text.match(SHA256) ?? []));
      const garbage = all.filter((sha256) => !needed.has(sha256) && !expected.has(sha256));
      expected.clear();
      const gone = [...now].some((work) => before.has(work)) ? [] : garbage.filter((sha256) => unneeded.has(sha256));
      unneeded = new Set(garbage);
      before = now;
      for (const sha256 of gone) await blobs.delete(sha256);
      return gone.length;
    },
  };
}
