import { assignPath } from '../assign/assign.ts';
import type { FeatureRouter, Router } from '../assign/router.ts';
import { cluster } from './cluster.ts';
import { type About, standardise, type TrainDocuments } from './fit.ts';
import { checkEnough, type Rows, rowOf, short, takeRows } from './rows.ts';

export interface GrowOptions {
  readonly router: Router;
  /** Of the router that comes out: its paths are those of the old one and the new ones, in their order. */
  readonly about: About;
  readonly train: TrainDocuments;
  /** By place of a new path, the place of the path whose documents it shares from now on. */
  readonly grown: ReadonlyMap<number, number>;
  readonly seed: number;
}

type LinearRouter = Extract<FeatureRouter, { kind: 'discriminative' }>;

/** By how much the scores of two paths that share documents differ, at most: far less than those of others do. */
const LEAN = 1e-3;

/**
 * A router with more paths: each new one takes half of the documents of the path that it grew from, those on its side of
 * two clusters among them; all others keep theirs. The result is linear whatever the router was: scores of centroids
 * differ from linear ones by what is the same for all paths. Throws a RangeError when a path has too few documents to
 * share.
 */
export const growRouter = ({ router, about, train, grown, seed }: GrowOptions): Router => {
  if (router.kind === 'random') return { ...router, version: about.version, paths: about.paths };
  const linear = linearOf(router);
  const rows = standardise(train.features, linear);
  const assigned = Array.from(train.weights, (_, document) => assignPath(linear, rowOf(train.features, document)));
  const weights: number[][] = [];
  const biases: number[] = [];
  about.paths.forEach((id, place) => {
    const path = router.paths.indexOf(id);
    if (path < 0) return;
    weights[place] = linear.weights[path]!;
    biases[place] = linear.biases[path]!;
  });
  for (const [place, from] of grown) {
    const path = router.paths.indexOf(about.paths[from]!);
    const own = assigned.flatMap((one, document) => (one === path ? [document] : []));
    const { lean, middle } = halves(
      takeRows(rows, own),
      own.map((document) => train.weights[document]!),
      seed + path,
    );
    const [row, bias] = [weights[from]!, biases[from]!];
    const leaning = (side: number) => row.map((value, d) => short(value + side * lean[d]!));
    [weights[from], weights[place]] = [leaning(1), leaning(-1)];
    [biases[from], biases[place]] = [bias - middle, bias + middle];
  }
  return { ...linear, ...about, weights, biases };
};

/** A direction between two clusters of the rows, [D], and where along it half of the weight lies on either side. */
const halves = (rows: Rows, weights: readonly number[], seed: number) => {
  checkEnough(rows, 2);
  const [a, b] = cluster(rows, 2, seed) as [number[], number[]];
  const along = weights.map((weight, row) => ({
    at: a.reduce((sum, value, d) => sum + rowOf(rows, row)[d]! * (value - b[d]!), 0),
    weight,
  }));
  const sorted = along.toSorted((one, other) => one.at - other.at);
  let rest = weights.reduce((sum, weight) => sum + weight, 0) / 2;
  const last = sorted.findIndex(({ weight }) => {
    rest -= weight;
    return rest <= 0;
  });
  const middle = (sorted[last]!.at + (sorted[last + 1] ?? sorted[last]!).at) / 2;
  const scale = LEAN / Math.max(...along.map(({ at }) => Math.abs(at - middle)), Number.MIN_VALUE);
  return { lean: a.map((value, d) => scale * (value - b[d]!)), middle: scale * middle };
};

/** |z - c|^2 = |z|^2 - 2 c z + |c|^2, and |z|^2 is the same for all paths. */
const linearOf = (router: FeatureRouter): LinearRouter => {
  if (router.kind === 'discriminative') return router;
  const { centroids, biases, ...rest } = router;
  const joined = centroids.reduce<number[][]>(
    (paths, level) => paths.flatMap((path) => level.map((centroid) => [...path, ...centroid])),
    [[]],
  );
  return {
    ...rest,
    kind: 'discriminative',
    weights: joined.map((centroid) => centroid.map((value) => short(2 * value))),
    biases: joined.map((centroid, path) => short(biases[path]! - centroid.reduce((sum, value) => sum + value ** 2, 0))),
  };
};
