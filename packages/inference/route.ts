import { prefixLength } from '@pathfold/corpora/scoring';
import type { Tokenizer } from '@pathfold/corpora/tokenizer';
import { type Choice, explainPath } from '@pathfold/routing/assign/assign';
import { type Router, readRouter } from '@pathfold/routing/assign/router';
import type { FeatureSession } from './session.ts';

/** The `router.json` of a run with one path, or whose paths are all the base still: everything goes to that path. */
interface SingleRouter {
  readonly kind: 'single';
  readonly paths: readonly [string];
}
export type RunRouter = Router | SingleRouter;

/** Reads a run's `router.json`, parsed. Throws a RangeError that names the field. */
export const readRunRouter = (json: unknown): RunRouter => {
  const { kind, paths } = Object(json) as { kind?: unknown; paths?: unknown };
  if (kind !== 'single') return readRouter(json);
  const [path, ...others] = Array.isArray(paths) ? (paths as unknown[]) : [];
  if (typeof path !== 'string' || others.length > 0) throw new RangeError('this is no router: paths: not one path');
  return { kind, paths: [path] };
};

/** A router with what it reads texts by. */
export interface TextRouter {
  readonly router: RunRouter;
  readonly tokenizer: Tokenizer;
  /** Features by the base that the router was fitted for; null where it reads none. */
  readonly features: FeatureSession | null;
}

/** Whether a router reads the features of a base. */
export const readsFeatures = ({ kind }: RunRouter): boolean => kind !== 'random' && kind !== 'single';

/** Where a text goes, and which path came second, by their names. */
export interface Routed {
  path: string;
  /** Null where there is only one. */
  runnerUp: string | null;
}

export const inNames = ({ paths }: RunRouter, { path, runnerUp }: Choice): Routed => ({
  path: paths[path]!,
  runnerUp: runnerUp === null ? null : paths[runnerUp]!,
});

/**
 * The path of a text, and why: of its prefix, as documents are routed in training. A text without tokens has the feature
 * of an empty document, zeros. Throws a RangeError when the features are not those that the router reads.
 */
export const routeText = async (
  { router, tokenizer, features }: TextRouter,
  text: string | readonly number[],
): Promise<Choice> => {
  if (router.kind === 'single') return { path: 0, runnerUp: null, margin: 0 };
  const ids = typeof text === 'string' ? tokenizer.encode(text) : text;
  const prefix = ids.slice(0, prefixLength(ids, tokenizer.byteLengths, router));
  if (router.kind === 'random') return explainPath(router, prefix);
  if (!features) throw new RangeError(`routing by ${router.kind} needs the features of its base`);
  return explainPath(router, prefix.length > 0 ? await features.feature(prefix) : new Float32Array(router.mean.length));
};
