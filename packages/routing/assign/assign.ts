import { type CentroidRouter, type FeatureRouter, fittedPaths, type Router } from './router.ts';

/**
 * A router's input for a document: the features of its prefix [D], or, where routing is random, the token ids of its
 * prefix.
 */
export type Evidence = ArrayLike<number>;

/** Why a document goes where it goes. */
export interface Choice {
  /** Places in the router's paths. `runnerUp` is null where there is only one. */
  readonly path: number;
  readonly runnerUp: number | null;
  /** Score of the path minus that of the runner-up, in the router's own units; 0 when there is none. */
  readonly margin: number;
}

/**
 * A score for each path, the highest of which wins. Of paths that were added to one and that one itself, a document can
 * go to one alone: it has the score of all of them, the others minus infinity. Plain double arithmetic in a fixed
 * order: the same bits everywhere. Throws a RangeError when the evidence is not what the router reads.
 */
export const pathScores = (router: Router, evidence: Evidence): Float64Array => {
  const fitted = fittedScores(router, evidence);
  const { paths, splits } = router;
  if (!splits) return fitted;
  const sides = sidesOf(router, evidence);
  const scores = new Float64Array(paths.length).fill(Number.NEGATIVE_INFINITY);
  fittedPaths(router).forEach((id, place) => {
    let path = id;
    splits.forEach(({ from, to }, i) => {
      if (from === path && sides[i]) path = to;
    });
    scores[paths.indexOf(path)] = fitted[place]!;
  });
  return scores;
};

const fittedScores = (router: Router, evidence: Evidence): Float64Array => {
  if (router.kind === 'random') return randomScores(router.seed, fittedPaths(router), evidence);
  const scores = rawScores(router, evidence);
  for (let path = 0; path < scores.length; path++) scores[path] = scores[path]! + router.biases[path]!;
  return scores;
};

/** For each split: whether a document lies on the side of the added path. With random routing every second one does. */
const sidesOf = (router: Router, evidence: Evidence): boolean[] => {
  if (router.kind === 'random') {
    const added = (router.splits ?? []).map(({ to }) => to);
    return Array.from(randomScores(router.seed, added, evidence), (draw) => draw < 2 ** 31);
  }
  const z = standardised(router, evidence);
  return (router.splits ?? []).map(({ normal, middle }) => dot(normal, z) < middle);
};

export const dot = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
  let sum = 0;
  for (let d = 0; d < a.length; d++) sum += a[d]! * b[d]!;
  return sum;
};

/** The path of a document: its place in the router's paths. Of equal scores the lowest place wins. */
export const assignPath = (router: Router, evidence: Evidence): number => highest(pathScores(router, evidence));

/** The `count` best paths that a document can go to, best first; all of them where there are fewer. */
export const rankPaths = (router: Router, evidence: Evidence, count: number): number[] =>
  ranked(pathScores(router, evidence)).slice(0, count);

export const explainPath = (router: Router, evidence: Evidence): Choice => {
  const scores = pathScores(router, evidence);
  const [path, runnerUp = null] = ranked(scores) as [number, number?];
  return { path, runnerUp, margin: runnerUp === null ? 0 : scores[path]! - scores[runnerUp]! };
};

/** The place of the highest score; of equal ones the lowest. */
export const highest = (scores: ArrayLike<number>): number => {
  let best = 0;
  for (let path = 1; path < scores.length; path++) if (scores[path]! > scores[best]!) best = path;
  return best;
};

const ranked = (scores: Float64Array): number[] =>
  Array.from(scores.keys())
    .filter((path) => scores[path]! > Number.NEGATIVE_INFINITY)
    .sort((a, b) => scores[b]! - scores[a]! || a - b);

/** Scores of the fitted paths before the biases: minus the squared distance to each centroid, or the linear part of each logit. */
export const rawScores = (router: FeatureRouter, feature: Evidence): Float64Array => {
  const z = standardised(router, feature);
  if (router.kind !== 'discriminative') return centroidScores(router, z);
  return Float64Array.from(router.weights, (row) => dot(row, z));
};

/** z = (x - mean) * scale, [D]. Throws a RangeError on another number of dimensions, or a value that is not finite. */
export const standardised = (
  { mean, scale }: Pick<FeatureRouter, 'mean' | 'scale'>,
  feature: Evidence,
): Float64Array => {
  if (feature.length !== mean.length)
    throw new RangeError(`a feature of ${feature.length} dimensions, the router reads ${mean.length}`);
  const z = new Float64Array(mean.length);
  for (let d = 0; d < z.length; d++) {
    z[d] = (feature[d]! - mean[d]!) * scale[d]!;
    if (!Number.isFinite(z[d])) throw new RangeError(`dimension ${d} of a feature is ${feature[d]}`);
  }
  return z;
};

/** Paths count as the levels' experts do, the last level fastest. */
const centroidScores = ({ centroids }: CentroidRouter, z: Float64Array): Float64Array => {
  let distances = new Float64Array(1);
  let from = 0;
  for (const level of centroids) {
    const next = new Float64Array(distances.length * level.length);
    level.forEach((centroid, expert) => {
      let sum = 0;
      for (let d = 0; d < centroid.length; d++) {
        const difference = z[from + d]! - centroid[d]!;
        sum += difference * difference;
      }
      for (let before = 0; before < distances.length; before++)
        next[before * level.length + expert] = distances[before]! + sum;
    });
    from += level[0]!.length;
    distances = next;
  }
  return distances.map((distance) => -distance);
};

/**
 * Each path draws a number from the document's tokens, and the highest draw wins: stable, even, and a further path takes
 * its share evenly from all others.
 */
const randomScores = (seed: number, paths: readonly string[], tokens: Evidence): Float64Array => {
  let hash = mix(seed);
  for (let i = 0; i < tokens.length; i++) hash = mix(Math.imul(hash, 31) ^ tokens[i]!);
  return Float64Array.from(paths, (path) => {
    let draw = hash;
    for (let i = 0; i < path.length; i++) draw = mix(Math.imul(draw, 31) ^ path.charCodeAt(i));
    return draw;
  });
};

/** Finaliser of MurmurHash3, to 32 bits. */
const mix = (value: number): number => {
  let x = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return (x ^ (x >>> 16)) >>> 0;
};
