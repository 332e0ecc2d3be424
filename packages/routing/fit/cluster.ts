import { kmeans } from 'ml-kmeans';
import { evenly, type Rows, rowCount, rowOf, short } from './rows.ts';

/** Work that one clustering may do: rows * clusters * dimensions of one sweep. */
const SWEEP_PRODUCTS = 5e7;
const MOST_ROWS = 20_000;
/** Beginnings, of which the one with the smallest distances is kept. */
const STARTS = 4;

/**
 * k-means++ on rows that hold at least `clusters` different ones. Deterministic by seed. Centroids [clusters][D], rounded
 * as routers keep them. Very many rows are thinned out evenly first.
 */
export const cluster = (rows: Rows, clusters: number, seed: number): number[][] => {
  const most = Math.max(20 * clusters, Math.min(MOST_ROWS, Math.ceil(SWEEP_PRODUCTS / (clusters * rows.width))));
  const data = evenly(rowCount(rows), most).map((row) => Array.from(rowOf(rows, row)));
  const starts = Array.from({ length: STARTS }, (_, start) => {
    const { centroids, clusters: of } = kmeans(data, clusters, { seed: seed + start * 0x9e37, maxIterations: 100 });
    const spread = data.reduce((sum, row, i) => sum + squaredDistance(row, centroids[of[i]!]!), 0);
    return { centroids, spread };
  });
  const best = starts.reduce((a, b) => (b.spread < a.spread ? b : a));
  return best.centroids.map((centroid) => centroid.map(short));
};

const squaredDistance = (a: readonly number[], b: readonly number[]): number =>
  a.reduce((sum, value, d) => sum + (value - b[d]!) ** 2, 0);
