import { prefixLength } from '@pathfold/corpora/scoring';
import type { Tokenizer } from '@pathfold/corpora/tokenizer';
import { type Choice, explainPath } from '@pathfold/routing/assign/assign';
import type { Router } from '@pathfold/routing/assign/router';
import type { FeatureSession } from './session.ts';

/** A router with what it reads texts by. */
export interface TextRouter {
  readonly router: Router;
  readonly tokenizer: Tokenizer;
  /** Of the base that the router was fitted for; null where routing is random. */
  readonly features: FeatureSession | null;
}

/**
 * The path of a text, and why: of its prefix, as documents are routed in training. A text without tokens has the feature
 * of an empty document, zeros. Throws a RangeError when the features are not those that the router reads.
 */
export const routeText = async (
  { router, tokenizer, features }: TextRouter,
  text: string | readonly number[],
): Promise<Choice> => {
  const ids = typeof text === 'string' ? tokenizer.encode(text) : text;
  const prefix = ids.slice(0, prefixLength(ids, tokenizer.byteLengths, router));
  if (router.kind === 'random') return explainPath(router, prefix);
  if (!features) throw new RangeError(`routing by ${router.kind} needs the features of its base`);
  return explainPath(router, prefix.length > 0 ? await features.feature(prefix) : new Float32Array(router.mean.length));
};
