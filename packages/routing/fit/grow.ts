import { assignPath, dot } from '../assign/assign.ts';
import type { Router } from '../assign/router.ts';
import { cluster } from './cluster.ts';
import { type About, standardise, type TrainDocuments } from './fit.ts';
import { checkEnough, type Rows, rowOf, short, takeRows } from './rows.ts';

export interface GrowOptions {
  readonly router: Router;
  /** The version of the router that comes out: its paths are those of the old one and the new ones, in their order. */
  readonly about: About;
  readonly train: TrainDocuments;
  /** By place of a new path, the place of the path whose documents it shares from now on. */
  readonly grown: ReadonlyMap<number, number>;
  readonly seed: number;
}

/**
 * A router with more paths: each new one takes half of the documents of the path that it grew from, those on its side of
 * two clusters among them; all others keep theirs. Throws a RangeError when a path has too few documents to share.
 */
export const growRouter = ({ router, about, train, grown, seed }: GrowOptions): Router => {
  const added = [...grown].map(([place, from]) => ({ from: about.paths[from]!, to: about.paths[place]! }));
  if (router.kind === 'random') {
    const { version, paths } = about;
    return { ...router, version, paths, splits: [...(router.splits ?? []), ...added] };
  }
  const rows = standardise(train.features, router);
  const assigned = Array.from(train.weights, (_, document) => assignPath(router, rowOf(train.features, document)));
  const splits = added.map((one) => {
    const path = router.paths.indexOf(one.from);
    const own = assigned.flatMap((of, document) => (of === path ? [document] : []));
    const weights = own.map((document) => train.weights[document]!);
    return { ...one, ...halves(takeRows(rows, own), weights, seed + path) };
  });
  return { ...router, ...about, splits: [...(router.splits ?? []), ...splits] };
};

/** A direction between two clusters of the rows, [D], and where along it half of the weight lies on either side. */
const halves = (rows: Rows, weights: readonly number[], seed: number) => {
  checkEnough(rows, 2);
  const [a, b] = cluster(rows, 2, seed) as [number[], number[]];
  const normal = a.map((value, d) => short(value - b[d]!));
  const along = weights.map((weight, row) => ({ at: dot(normal, rowOf(rows, row)), weight }));
  const sorted = along.toSorted((one, other) => one.at - other.at);
  let rest = weights.reduce((sum, weight) => sum + weight, 0) / 2;
  const last = sorted.findIndex(({ weight }) => {
    rest -= weight;
    return rest <= 0;
  });
  return { normal, middle: (sorted[last]!.at + (sorted[last + 1] ?? sorted[last]!).at) / 2 };
};
