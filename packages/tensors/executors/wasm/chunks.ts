/**
 * How work is cut so that its bits do not depend on the number of threads: the items of a batch belong to
 * chunks, the sums of a chunk are taken item after item, and the chunks' sums are added along one fixed tree.
 */

/** As many threads as this can compute one batch. */
export const MOST_CHUNKS = 8;

export const chunkCount = (items: number): number => Math.min(items, MOST_CHUNKS);

/** From `first` up to, not including, `end`. */
export interface Range {
  readonly first: number;
  readonly end: number;
}

/** The `index`-th of `parts` ranges of 0..total-1; their lengths differ by one at most. */
export const rangeOf = (index: number, parts: number, total: number): Range => ({
  first: Math.floor((index * total) / parts),
  end: Math.floor(((index + 1) * total) / parts),
});

/** The items of some chunks of a batch. */
export const itemsOf = ({ first, end }: Range, items: number): Range => {
  const chunks = chunkCount(items);
  return { first: rangeOf(first, chunks, items).first, end: rangeOf(end - 1, chunks, items).end };
};

/** Memory may be shared between this thread and its workers. */
const canShareMemory = (): boolean =>
  typeof SharedArrayBuffer !== 'undefined' &&
  (globalThis as { crossOriginIsolated?: boolean }).crossOriginIsolated !== false;

/** Floats that workers see without a copy where memory can be shared. */
export const sharedFloats = (length: number): Float32Array =>
  canShareMemory() ? new Float32Array(new SharedArrayBuffer(4 * length)) : new Float32Array(length);

/** Threads for a machine of so many processors: from three on, one is left to everything else. */
export const threadsFor = (processors: number): number =>
  Math.min(MOST_CHUNKS, processors > 2 ? processors - 1 : Math.max(1, processors));
