/** Windows of tokens: `count` sequences of `context` inputs, and the token that follows each of them. */
export interface Batch {
  /** Flat [count * context]. */
  readonly tokens: Int32Array;
  readonly targets: Int32Array;
}

/** Throws on a token that the vocabulary lacks, saying where it is. */
export const checkTokens = ({ tokens, targets }: Batch, vocabulary: number): void => {
  for (const [name, ids] of [
    ['token', tokens],
    ['target', targets],
  ] as const) {
    const at = ids.findIndex((id) => id < 0 || id >= vocabulary);
    if (at >= 0) throw new RangeError(`${name} ${ids[at]} at ${at} is outside the vocabulary of ${vocabulary}`);
  }
};
