/** Weights of one transformer block. D: width, F: hidden width of the gated layer; matrices are [in, out], row-major. */
export interface BlockWeights {
  attentionGain_D: Float32Array;
  query_DD: Float32Array;
  key_DD: Float32Array;
  value_DD: Float32Array;
  output_DD: Float32Array;
  mlpGain_D: Float32Array;
  gate_DF: Float32Array;
  up_DF: Float32Array;
  down_FD: Float32Array;
}

/** Weights of one path, block after block as the path crosses its levels. V: vocabulary. */
export interface PathWeights {
  width: number;
  heads: number;
  hidden: number;
  context: number;
  vocabulary: number;
  embedding_VD: Float32Array;
  blocks: readonly BlockWeights[];
  finalGain_D: Float32Array;
  /** null when the embedding is also the output matrix. */
  head_DV: Float32Array | null;
}

export const NORM_EPSILON = 1e-5;
export const ROPE_BASE = 10_000;

export const parameterCount = ({ embedding_VD, blocks, finalGain_D, head_DV }: PathWeights): number =>
  [embedding_VD, ...blocks.flatMap((block) => Object.values(block)), finalGain_D, ...(head_DV ? [head_DV] : [])].reduce(
    (sum: number, tensor: Float32Array) => sum + tensor.length,
    0,
  );
