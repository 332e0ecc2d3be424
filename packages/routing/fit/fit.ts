import { rawScores, standardised } from '../assign/assign.ts';
import type { CentroidRouter, FeatureRouter } from '../assign/router.ts';
import { calibrate } from './calibrate.ts';
import { cluster } from './cluster.ts';
import { fitLogistic } from './logistic.ts';
import { checkEnough, checkRows, evenly, type Rows, rowCount, rowOf, short, standardiserOf } from './rows.ts';

/** The facts that every router states, whatever it is fitted on. */
export type About = Pick<FeatureRouter, 'version' | 'paths' | 'prefixBytes' | 'prefixTokens' | 'base'>;

export interface TrainDocuments {
  /** Features under the base [documents, D]. */
  readonly features: Rows;
  /** How much each document counts where shards are balanced: its tokens. */
  readonly weights: ArrayLike<number>;
}

export interface CentroidOptions extends TrainDocuments {
  readonly about: About;
  readonly seed: number;
}

/**
 * k-means on standardised features (DiPaCo section 2.3), balanced: each path gets about the same weight of the training
 * documents. Throws a RangeError when they are too few, too alike or not finite.
 */
export const fitKmeans = (options: CentroidOptions): CentroidRouter =>
  fitCentroids('kmeans', [options.about.paths.length], options);

/**
 * Product k-means: the dimensions in as many stretches as there are levels, each clustered into as many centroids as its
 * level has `experts`. Balanced over their product: no path is left empty, and every expert has its share too.
 */
export const fitProduct = (options: CentroidOptions & { readonly experts: readonly number[] }): CentroidRouter =>
  fitCentroids('product', options.experts, options);

const fitCentroids = (
  kind: CentroidRouter['kind'],
  experts: readonly number[],
  { about, features, weights, seed }: CentroidOptions,
): CentroidRouter => {
  const { paths } = about;
  const product = experts.reduce((total, count) => total * count, 1);
  if (product !== paths.length)
    throw new RangeError(`levels of ${experts.join('x')} experts make no ${paths.length} paths`);
  if (features.width < experts.length)
    throw new RangeError(`features of ${features.width} dimensions cannot be split over ${experts.length} levels`);
  const standardiser = standardiserOfDocuments({ features, weights }, paths.length);
  const rows = standardise(features, standardiser);
  const cut = (level: number) => Math.round((level * features.width) / experts.length);
  const centroids = experts.map((count, level) => {
    const part = columns(rows, cut(level), cut(level + 1));
    checkEnough(part, count);
    return cluster(part, count, seed + level);
  });
  return balanced({ ...about, kind, ...standardiser, centroids, biases: paths.map(() => 0) }, { features, weights });
};

export interface DiscriminativeOptions {
  readonly about: About;
  /** Documents that no path trains on: features [m, D], and the path that is best for each. */
  readonly router: { readonly features: Rows; readonly labels: readonly number[] };
  readonly train: TrainDocuments;
  /** The share of the training documents that each path is to get. */
  readonly target: readonly number[];
  readonly penalty?: number;
}

const PENALTY = 0.01;

/**
 * Discriminative routing (DiPaCo section 2.3): logistic regression from features to the best path of each router
 * document; then the biases alone are fitted again, so that the training documents fill the paths as `target` says.
 */
export const fitDiscriminative = (options: DiscriminativeOptions): FeatureRouter => {
  const { about, router, train, target, penalty = PENALTY } = options;
  const classes = about.paths.length;
  checkRows(router.features);
  const { labels } = router;
  if (labels.length !== rowCount(router.features))
    throw new RangeError(`${labels.length} labels for ${rowCount(router.features)} router documents`);
  if (labels.some((label) => !(label >= 0 && label < classes)))
    throw new RangeError(`a label is none of the ${classes} paths`);
  const standardiser = standardiserOfDocuments(train, classes);
  const { weights } = fitLogistic({ rows: standardise(router.features, standardiser), labels, classes, penalty });
  const rounded = weights.map((row) => row.map(short));
  const unbiased = { ...about, kind: 'discriminative' as const, ...standardiser, weights: rounded };
  return balanced({ ...unbiased, biases: about.paths.map(() => 0) }, train, target);
};

/** The path with the smallest loss on each document; of equal ones the first. `nats[path][document]`: over its scored tokens. */
export const bestPaths = (nats: readonly ArrayLike<number>[]): number[] =>
  Array.from({ length: nats[0]?.length ?? 0 }, (_, document) =>
    nats.reduce((best, losses, path) => (losses[document]! < nats[best]![document]! ? path : best), 0),
  );

/**
 * Shares to calibrate for: those of the labels, moved towards equal ones. `evenness` 0: the labels' own, as in the paper,
 * which may leave a path empty; 1: equal.
 */
export const targetOf = (labels: readonly number[], paths: number, evenness: number): number[] => {
  const shares = new Array<number>(paths).fill(0);
  for (const label of labels) shares[label]! += (1 - evenness) / labels.length;
  return shares.map((share) => share + evenness / paths);
};

/** The score matrix of biases is at most this large: more documents than fit are thinned out evenly. */
const MOST_SCORES = 2 ** 24;

/** The router with biases that give each path its share of the training documents. */
export const balanced = <R extends FeatureRouter>(
  router: R,
  { features, weights }: TrainDocuments,
  target: readonly number[] = router.paths.map(() => 1 / router.paths.length),
): R => {
  const paths = router.paths.length;
  const chosen = evenly(rowCount(features), Math.floor(MOST_SCORES / paths));
  const scores = new Float64Array(chosen.length * paths);
  chosen.forEach((document, row) => {
    scores.set(rawScores(router, rowOf(features, document)), row * paths);
  });
  const biases = calibrate({ scores, weights: chosen.map((document) => weights[document]!), target });
  return { ...router, biases };
};

const standardiserOfDocuments = ({ features, weights }: TrainDocuments, paths: number) => {
  checkRows(features);
  checkEnough(features, paths);
  const documents = rowCount(features);
  if (weights.length !== documents) throw new RangeError(`${weights.length} weights for ${documents} documents`);
  const bad = Array.from(weights).findIndex((weight) => !(weight >= 0 && weight < Number.POSITIVE_INFINITY));
  if (bad >= 0) throw new RangeError(`document ${bad} weighs ${weights[bad]}`);
  if (Array.from(weights).every((weight) => weight === 0)) throw new RangeError('the documents together weigh nothing');
  return standardiserOf(features);
};

export const standardise = (features: Rows, standardiser: Pick<FeatureRouter, 'mean' | 'scale'>): Rows => {
  const values = new Float64Array(features.values.length);
  for (let row = 0; row < rowCount(features); row++)
    values.set(standardised(standardiser, rowOf(features, row)), row * features.width);
  return { values, width: features.width };
};

const columns = (rows: Rows, from: number, to: number): Rows => ({
  values: Float64Array.from({ length: rowCount(rows) * (to - from) }, (_, i) => {
    const row = Math.floor(i / (to - from));
    return rows.values[row * rows.width + from + (i % (to - from))]!;
  }),
  width: to - from,
});
