import type { FoldRule } from './rule.ts';

/** Values in memory at once, of all contributions together: 16 MiB. */
const MOST_VALUES = 2 ** 22;

/** Cuts as many of the largest as of the smallest values of each coordinate off, and averages the rest. */
const trimmedBy =
  (cutOf: (count: number) => number): FoldRule =>
  async (sent, { length }) => {
    const count = sent.length;
    const cut = cutOf(count);
    const folded = new Float32Array(length);
    const size = Math.max(1, Math.floor(MOST_VALUES / count));
    const column = new Float64Array(count);
    for (let start = 0; start < length; start += size) {
      const end = Math.min(length, start + size);
      const rows: Float32Array[] = [];
      for (const one of sent) rows.push(await one.values(start, end));
      for (let i = start; i < end; i++) {
        for (let row = 0; row < count; row++) column[row] = rows[row]![i - start]!;
        column.sort();
        let sum = 0;
        for (let row = cut; row < count - cut; row++) sum += column[row]!;
        folded[i] = sum / (count - 2 * cut);
      }
    }
    return folded;
  };

/** Coordinate-wise median (Yin et al., arXiv 1803.01498, definition 1). Of two contributions it is the middle. */
export const median = trimmedBy((count) => Math.floor((count - 1) / 2));

/**
 * Coordinate-wise trimmed mean (Yin et al., definition 2): a quarter is cut off at each end, of three to seven
 * contributions one. Of two it is the middle.
 */
export const trimmedMean = trimmedBy((count) => (count < 3 ? 0 : Math.max(1, Math.floor(count / 4))));
