/** Shape of a Llama-style decoder without biases. */
export interface LlamaShape {
  readonly width: number;
  readonly blocks: number;
  readonly heads: number;
  readonly context: number;
  readonly vocabulary: number;
  readonly tied: boolean;
}

/** Epsilon of RMSNorm. */
export const NORM_EPSILON = 1e-5;
/** Base of the rotary positions. */
export const ROPE_BASE = 10_000;
