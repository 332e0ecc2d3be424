export type RopeAttributes = {
  /** Rows are positions 0..context-1, over and over. */
  readonly context: number;
  readonly headWidth: number;
  /** The first `heads` stretches of headWidth columns are rotated; the other columns pass. */
  readonly heads: number;
  readonly base: number;
  readonly inverse: boolean;
};
