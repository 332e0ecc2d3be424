/** The cost of a task of a study, by a formula of shapes, never by time. */
export interface Amount {
  /** Units of work, as reports count them. */
  readonly steps: number;
  /** Examples that its nets see: the credit. */
  readonly examples: number;
  /** Multiplications and additions. */
  readonly flops: number;
  /** Bytes of the contribution at most. */
  readonly payloadBytes: number;
}
