import { uniformOf } from '@pathfold/corpora/hash';

/** Salt of the draws of k-means. */
const DRAWS = 0x6b6d;
const ITERATIONS = 30;
/** A cluster may be this much larger than its even share, in bytes. */
const SLACK = 1.05;

export interface Clustering {
  readonly width: number;
  /** Bytes of each row's document: what is balanced. */
  readonly sizes: readonly number[];
  readonly k: number;
  readonly seed: number;
}

/**
 * Balanced k-means over rows [count * width], standardised by dimension: each row goes to the nearest centroid that
 * still has room, those that would lose most by a second choice first. Answers the cluster of each row.
 */
export function balancedKMeans(rows: Float32Array, { width, sizes, k, seed }: Clustering): number[] {
  const points = standardised(rows, width);
  const count = sizes.length;
  const room = (SLACK * sizes.reduce((sum, size) => sum + size, 0)) / k;
  let centroids = seeds(points, width, k, seed);
  let assigned: number[] = [];
  for (let iteration = 0; iteration < ITERATIONS; iteration++) {
    const distances = Array.from({ length: count }, (_, i) =>
      centroids.map((centroid) => distance(points, i, centroid)),
    );
    const next = assign(distances, sizes, room);
    if (next.every((cluster, i) => cluster === assigned[i])) break;
    assigned = next;
    centroids = centroids.map((old, cluster) => meanOf(points, width, assigned, cluster) ?? old);
  }
  return assigned;
}

/** Groups of whole domains of about equal size: the largest first, each to the group that has least. */
export function domainGroups(domains: readonly string[], sizes: readonly number[], k: number): number[] {
  const bytes = new Map<string, number>();
  for (const [i, domain] of domains.entries()) bytes.set(domain, (bytes.get(domain) ?? 0) + sizes[i]!);
  const filled = new Array<number>(k).fill(0);
  const groups = new Map<string, number>();
  for (const [domain, size] of [...bytes].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1))) {
    const group = filled.indexOf(Math.min(...filled));
    groups.set(domain, group);
    filled[group]! += size;
  }
  return domains.map((domain) => groups.get(domain)!);
}

function standardised(rows: Float32Array, width: number): Float64Array {
  const count = rows.length / width;
  const points = new Float64Array(rows.length);
  for (let d = 0; d < width; d++) {
    let [sum, squares] = [0, 0];
    for (let i = 0; i < count; i++) sum += rows[i * width + d]!;
    const mean = sum / count;
    for (let i = 0; i < count; i++) squares += (rows[i * width + d]! - mean) ** 2;
    const deviation = Math.sqrt(squares / count) || 1;
    for (let i = 0; i < count; i++) points[i * width + d] = (rows[i * width + d]! - mean) / deviation;
  }
  return points;
}

const distance = (points: Float64Array, row: number, centroid: Float64Array): number =>
  centroid.reduce((sum, value, d) => sum + (points[row * centroid.length + d]! - value) ** 2, 0);

/** k-means++: each next seed with a chance in proportion to its squared distance from those before. */
function seeds(points: Float64Array, width: number, k: number, seed: number): Float64Array[] {
  const count = points.length / width;
  const chosen = [points.slice(0, width)];
  while (chosen.length < k) {
    const weights = Array.from({ length: count }, (_, i) =>
      Math.min(...chosen.map((centroid) => distance(points, i, centroid))),
    );
    let left = uniformOf(seed, DRAWS, chosen.length) * weights.reduce((sum, weight) => sum + weight, 0);
    let at = 0;
    while (at < count - 1 && left > weights[at]!) left -= weights[at++]!;
    chosen.push(points.slice(at * width, (at + 1) * width));
  }
  return chosen;
}

function assign(distances: readonly number[][], sizes: readonly number[], room: number): number[] {
  const assigned = new Array<number>(distances.length);
  const filled = new Array<number>(distances[0]!.length).fill(0);
  const regret = (row: number[]) => {
    const [first, second] = row.toSorted((a, b) => a - b);
    return second! - first!;
  };
  const order = distances
    .map((row, i) => ({ i, regret: regret(row) }))
    .sort((a, b) => b.regret - a.regret || a.i - b.i);
  for (const { i } of order) {
    const clusters = distances[i]!.map((d, cluster) => ({ d, cluster })).sort(
      (a, b) => a.d - b.d || a.cluster - b.cluster,
    );
    const open = clusters.find(({ cluster }) => filled[cluster]! + sizes[i]! <= room) ?? clusters[0]!;
    assigned[i] = open.cluster;
    filled[open.cluster]! += sizes[i]!;
  }
  return assigned;
}

function meanOf(
  points: Float64Array,
  width: number,
  assigned: readonly number[],
  cluster: number,
): Float64Array | null {
  const mean = new Float64Array(width);
  let count = 0;
  assigned.forEach((own, i) => {
    if (own !== cluster) return;
    count++;
    for (let d = 0; d < width; d++) mean[d]! += points[i * width + d]!;
  });
  return count === 0 ? null : mean.map((sum) => sum / count);
}
