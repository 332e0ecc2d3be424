/** Windows of tokens: `count` sequences of `context` inputs, and the token that follows each of them. */
export interface Batch {
  /** Flat [count * context]. */
  readonly tokens: Int32Array;
  readonly targets: Int32Array;
}

/** A token that the vocabulary lacks: the text is not of this model. */
export class TokenOutside extends RangeError {
  readonly code = 'bad_tokens';
}

/** Throws `TokenOutside`, saying where the token is. */
export const checkTokens = ({ tokens, targets }: Batch, vocabulary: number): void => {
  for (const [name, ids] of [
    ['token', tokens],
    ['target', targets],
  ] as const) {
    const at = ids.findIndex((id) => id < 0 || id >= vocabulary);
    if (at >= 0) throw new TokenOutside(`${name} ${ids[at]} at ${at} is outside the vocabulary of ${vocabulary}`);
  }
};
