import { prefixLength } from '@pathfold/corpora/scoring';
import { explainPath, pathScores } from '@pathfold/routing/assign/assign';
import { nextPath } from '@pathfold/routing/assign/reroute';
import type { FeatureRouter } from '@pathfold/routing/assign/router';
import type { SessionAt } from './generate.ts';
import { inNames, type Routed, type TextRouter } from './route.ts';
import type { PathSession } from './session.ts';

/** Only the last so many tokens of a longer prompt count: reading more would hold up the answer. */
const MOST_PROMPT_TOKENS = 4096;

/** A change of path in the midst of an answer. */
export interface Move extends Routed {
  /** Tokens of the answer that the paths before it wrote. */
  at: number;
  from: string;
}

/** Why the path changed, in a sentence. */
export const moveInWords = ({ at, from, path }: Move): string =>
  `After ${at} tokens, path ${path} fits everything read so far better than path ${from}.`;

export interface ReroutingOptions {
  readonly by: TextRouter;
  /** W: the path is chosen again after so many tokens of the answer. */
  readonly every: number;
  /** Without END_OF_TEXT. */
  readonly prompt: readonly number[];
  /** Where the prompt was routed to. */
  readonly first: string;
  open(path: string): Promise<PathSession>;
  /** Called once the new path is open. */
  onMove(move: Move): void | Promise<void>;
}

/**
 * The mean feature of a text that grows, over all of its tokens: read in pieces as long as the prefix that the router was
 * fitted on. A router's scores are linear in the feature, or minus squared distances to it, so this is the same choice as
 * by the sum of the scores of all pieces, each weighted by its length.
 */
const meanFeature = ({ tokenizer, features }: TextRouter, router: FeatureRouter) => {
  const sum = new Float64Array(router.mean.length);
  let summed = 0;
  const pieceAt = (ids: readonly number[], from: number): number[] => {
    const rest = ids.slice(from, from + router.prefixTokens);
    return rest.slice(0, Math.max(1, prefixLength(rest, tokenizer.byteLengths, router)));
  };
  const add = (to: Float64Array, feature: Float32Array, count: number) =>
    feature.forEach((value, d) => {
      to[d] = to[d]! + count * value;
    });
  return async (ids: readonly number[]): Promise<Float64Array> => {
    for (let piece = pieceAt(ids, summed); summed + piece.length < ids.length; piece = pieceAt(ids, summed)) {
      add(sum, await features!.feature(piece), piece.length);
      summed += piece.length;
    }
    // The last piece may still grow.
    const total = sum.slice();
    const last = ids.slice(summed);
    if (last.length > 0) add(total, await features!.feature(last), last.length);
    return total.map((value) => value / Math.max(1, ids.length));
  };
};

/**
 * Sessions that change with the text (DiPaCo section 2.3): every W tokens the path is chosen again by everything read so
 * far, the answer's own tokens included and none that are yet to come. Where no other path is better, or that one cannot be
 * opened, it stays. A router that reads no features chooses once.
 */
export const rerouting = ({ by, every, prompt, first, open, onMove }: ReroutingOptions): SessionAt => {
  const { router } = by;
  let session: PathSession | Promise<PathSession> = open(first);
  if (router.kind === 'random' || router.kind === 'single') return () => session;
  const evidence = meanFeature(by, router);
  const read = prompt.slice(-MOST_PROMPT_TOKENS);
  let path = first;
  return async (answered) => {
    if (answered.length === 0 || answered.length % every > 0) return session;
    const feature = await evidence([...read, ...answered]);
    const losses = pathScores(router, feature).map((score) => -score);
    const next = router.paths[nextPath(router.paths.indexOf(path), losses)]!;
    if (next === path) return session;
    const opened = await open(next).catch(() => null);
    if (!opened) return session;
    await onMove({ ...inNames(router, explainPath(router, feature)), at: answered.length, from: path, path: next });
    path = next;
    session = opened;
    return session;
  };
};
