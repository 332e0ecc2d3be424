/**
 * The windowing rule of evaluation, once. Everything that scores a document (the evaluation work, the
 * baselines, the NumPy reader of an export) follows it to the letter:
 *
 * 1. A document is its token ids `d[0..n)`, without END_OF_TEXT. The model reads `s = [END_OF_TEXT, d...]`,
 *    so that `d[i]` is predicted at position i from `s[0..i]`.
 * 2. Token i starts at byte `o[i] = sum of byteLengths[d[j]] for j < i`. It is scored when
 *    `o[i] >= prefixBytes`. END_OF_TEXT is never scored. Let `f` be the first scored token, n if none.
 * 3. `stride = floor(context / 2)`. Window w = 0, 1, 2, ... starts at `start = w * stride` and has
 *    `length = min(context, n - start)`: its inputs are `s[start .. start + length)`, positions counted
 *    from 0 in each window, and its targets `d[start .. start + length)`.
 * 4. Window 0 scores its targets from `f`; window w > 0 scores those that window w - 1 did not reach and
 *    that are not before `f`: targets from `max(f, start + context - stride)`. A window with nothing to
 *    score is left out; the last window is the one that reaches d[n - 1].
 *
 * So every scored token is scored exactly once, with at least half a context before it where the document
 * has that much. Bits per byte = sum of nats / (ln 2 * sum of byteLengths of the scored tokens).
 */
export interface Window {
  /** First input in `s`, first target in `d`. */
  start: number;
  /** Positions in the window, at most `context`. */
  length: number;
  /** First scored position, counted from `start`; all later ones are scored. */
  scoreFrom: number;
}

/** A document's first bytes that no figure of this project scores: what a router may look at. */
export const PREFIX_BYTES = 128;

export interface ScoringRule {
  /** At least 2. */
  context: number;
  prefixBytes: number;
}

/** The windows of one document, in order. */
export function scoringWindows(ids: ArrayLike<number>, byteLengths: Uint16Array, rule: ScoringRule): Window[] {
  const { context, prefixBytes } = rule;
  const stride = Math.floor(context / 2);
  const first = firstScored(ids, byteLengths, prefixBytes);
  const windows: Window[] = [];
  for (let start = 0, reached = 0; reached < ids.length; start += stride) {
    const length = Math.min(context, ids.length - start);
    const scoreFrom = Math.max(first, reached) - start;
    if (scoreFrom < length) windows.push({ start, length, scoreFrom });
    reached = start + length;
  }
  return windows;
}

/** The scored part of a document: tokens from `from` on, how many, and their bytes of text. */
export function scoredPart(
  ids: ArrayLike<number>,
  byteLengths: Uint16Array,
  prefixBytes: number,
): { from: number; tokens: number; bytes: number } {
  const from = firstScored(ids, byteLengths, prefixBytes);
  let bytes = 0;
  for (let i = from; i < ids.length; i++) bytes += byteLengths[ids[i]!]!;
  return { from, tokens: ids.length - from, bytes };
}

/**
 * How many tokens of a document decide its path: those that nobody scores, and no more than `prefixTokens` of them. A
 * document that is shorter is its own prefix.
 */
export function prefixLength(
  ids: ArrayLike<number>,
  byteLengths: Uint16Array,
  { prefixBytes, prefixTokens }: { prefixBytes: number; prefixTokens: number },
): number {
  return Math.min(prefixTokens, firstScored(ids, byteLengths, prefixBytes));
}

function firstScored(ids: ArrayLike<number>, byteLengths: Uint16Array, prefixBytes: number): number {
  let offset = 0;
  let i = 0;
  while (i < ids.length && offset < prefixBytes) offset += byteLengths[ids[i++]!]!;
  return i;
}
