/**
 * How work is cut so that its bits do not depend on the number of threads: the items of a batch belong to virtual
 * lanes, the sums of a lane are taken item after item, and the lanes' sums are added along one fixed tree.
 */

/** As many threads as this can compute one batch. */
export const VIRTUAL_LANES = 8;

export const laneCount = (items: number): number => Math.min(items, VIRTUAL_LANES);

/** From `first` up to, not including, `end`. */
export interface Stretch {
  readonly first: number;
  readonly end: number;
}

/** The `index`-th of `parts` stretches of 0..total-1; their lengths differ by one at most. */
export const stretch = (index: number, parts: number, total: number): Stretch => ({
  first: Math.floor((index * total) / parts),
  end: Math.floor(((index + 1) * total) / parts),
});

/** The items of some lanes of a batch. */
export const itemsOf = ({ first, end }: Stretch, items: number): Stretch => {
  const lanes = laneCount(items);
  return { first: stretch(first, lanes, items).first, end: stretch(end - 1, lanes, items).end };
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
  Math.min(VIRTUAL_LANES, processors > 2 ? processors - 1 : Math.max(1, processors));
