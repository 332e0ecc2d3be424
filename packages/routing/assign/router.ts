import * as z from 'zod/mini';

const MOST_PATHS = 1024;
const MOST_DIMENSIONS = 2048;

const vector = (most: number) => z.array(z.number()).check(z.minLength(1), z.maxLength(most));
const matrix = z.array(vector(MOST_DIMENSIONS)).check(z.minLength(1), z.maxLength(MOST_PATHS));
const count = z.int().check(z.minimum(1));

const common = {
  /** The run's routing's, from 1. */
  version: count,
  /** Path ids in the run's order; everything below that is told by path follows it. */
  paths: z.array(z.string().check(z.regex(/^\d+(-\d+)*$/))).check(z.minLength(1), z.maxLength(MOST_PATHS)),
  /** A document is routed by the tokens that begin before this byte, of which at most `prefixTokens` are read. */
  prefixBytes: z.int().check(z.minimum(0)),
  prefixTokens: count,
};

/** A path that was added: it takes from another those documents that lie on its side. */
const split = { from: z.string(), to: z.string() };

const fromFeatures = {
  ...common,
  /**
   * In the order in which paths were added. What goes to `from` by all that comes before goes to `to` where
   * `normal` . z < `middle`. All other numbers of a router are told of the paths that it was fitted for.
   */
  splits: z.optional(
    z
      .array(z.strictObject({ ...split, normal: vector(MOST_DIMENSIONS), middle: z.number() }))
      .check(z.maxLength(MOST_PATHS)),
  ),
  /** sha256 of each module of the frozen base, in order: features of another base mean nothing here. */
  base: z.array(z.string().check(z.regex(/^[0-9a-f]{64}$/))).check(z.minLength(1), z.maxLength(64)),
  /** A feature x [D] is read as z = (x - mean) * scale; a dimension that never varied has scale 0. */
  mean: vector(MOST_DIMENSIONS),
  scale: vector(MOST_DIMENSIONS),
  /** Added to each path's score, and frozen: the balancing constant of a centroid (its sign turned), a calibrated bias. */
  biases: vector(MOST_PATHS),
};

/** The nearest centroid; of `product`, each level has its own stretch of the dimensions and its own centroids. */
const centroids = {
  ...fromFeatures,
  /** [level][expert][dimensions of the level]; the levels' dimensions add up to D, their experts multiply to the paths. */
  centroids: z.array(matrix).check(z.minLength(1), z.maxLength(8)),
};

/**
 * A router: which path a document goes to, as plain data that trainer, coordinator and page read alike (DiPaCo section
 * 2.3). Numbers are doubles; JSON keeps every bit of them.
 */
const Router = z
  .discriminatedUnion('kind', [
    z.strictObject({
      ...common,
      kind: z.literal('random'),
      seed: z.int().check(z.minimum(0), z.maximum(0xffffffff)),
      splits: z.optional(z.array(z.strictObject(split)).check(z.maxLength(MOST_PATHS))),
    }),
    z.strictObject({ ...centroids, kind: z.literal('kmeans') }),
    z.strictObject({ ...centroids, kind: z.literal('product') }),
    z.strictObject({ ...fromFeatures, kind: z.literal('discriminative'), /** [path][D]. */ weights: matrix }),
  ])
  .check(({ value, issues }) => {
    const refuse = (path: string, message: string) =>
      issues.push({ code: 'custom', input: value, path: [path], message });
    if (new Set(value.paths).size !== value.paths.length) refuse('paths', 'a path is named twice');
    const fitted = fittedPaths(value);
    const known = new Set(fitted);
    for (const { from, to } of value.splits ?? []) {
      if (!known.has(from)) refuse('splits', `there is no path ${from} yet to take documents from`);
      if (known.has(to) || !value.paths.includes(to)) refuse('splits', `path ${to} is none that is added`);
      known.add(to);
    }
    if (value.kind === 'random') return;
    const paths = fitted.length;
    const width = value.mean.length;
    if (value.splits?.some(({ normal }) => normal.length !== width))
      refuse('splits', `a normal has not ${width} dimensions`);
    if (value.scale.length !== width) refuse('scale', `has ${value.scale.length} dimensions, mean has ${width}`);
    if (value.biases.length !== paths) refuse('biases', `has ${value.biases.length} entries for ${paths} paths`);
    if (value.kind === 'discriminative') {
      if (value.weights.length !== paths) refuse('weights', `has ${value.weights.length} rows for ${paths} paths`);
      if (value.weights.some((row) => row.length !== width)) refuse('weights', `a row has not ${width} dimensions`);
      return;
    }
    if (value.kind === 'kmeans' && value.centroids.length !== 1) refuse('centroids', 'k-means has one level');
    const product = value.centroids.reduce((total, level) => total * level.length, 1);
    if (product !== paths) refuse('centroids', `make ${product} paths, not ${paths}`);
    const dimensions = value.centroids.reduce((sum, level) => sum + level[0]!.length, 0);
    if (dimensions !== width) refuse('centroids', `read ${dimensions} dimensions, mean has ${width}`);
    if (value.centroids.some((level) => level.some((row) => row.length !== level[0]!.length)))
      refuse('centroids', 'the centroids of a level differ in dimensions');
  });
export type Router = z.infer<typeof Router>;

/** The paths that a router was fitted for, in order: all but those that were added later. */
export function fittedPaths({
  paths,
  splits = [],
}: {
  paths: string[];
  splits?: { to: string }[] | undefined;
}): string[] {
  const added = new Set(splits.map(({ to }) => to));
  return paths.filter((id) => !added.has(id));
}
/** A router that reads features of a base. */
export type FeatureRouter = Exclude<Router, { kind: 'random' }>;
export type CentroidRouter = Extract<Router, { kind: 'kmeans' | 'product' }>;

/** Reads parsed JSON. Throws a RangeError that names the field. */
export const readRouter = (json: unknown): Router => {
  const parsed = Router.safeParse(json);
  if (parsed.success) return parsed.data;
  const { path, message } = parsed.error.issues[0]!;
  throw new RangeError(`this is no router: ${[...path, message].join(': ')}`);
};

/** Throws a RangeError when the router reads features of another base than the one with these modules (sha256, in order). */
export const checkBase = (router: Router, base: readonly string[]): void => {
  if (router.kind === 'random' || router.base.join() === base.join()) return;
  const short = (hashes: readonly string[]) => hashes.map((sha256) => sha256.slice(0, 8)).join(' ') || 'none';
  throw new RangeError(
    `router version ${router.version} was made for another base (${short(router.base)}) than this one (${short(base)}): fit it anew`,
  );
};
