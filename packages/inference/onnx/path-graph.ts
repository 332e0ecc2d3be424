import { blobBytes } from '@pathfold/checkpoint/layout';
import { densePath, type PathWeights, parameterCount } from '@pathfold/checkpoint/path';
import { PathfoldError } from '@pathfold/protocol/errors';
import { GraphBuilder } from './builder.ts';
import { encodeModel } from './encode.ts';
import { int8Matrices } from './int8-matrices.ts';
import { floatMatrices } from './matrices.ts';
import { hiddenStates } from './net-graph.ts';
import { countedPositions, givenPositions } from './positions.ts';

/** Protobuf cannot hold more than 2 GiB in one message. */
const MAX_MODEL_BYTES = 2 ** 31 - 2 ** 20;

/** Throws `too_large` when the weights do not fit protobuf. */
const checkSize = ({ model }: PathWeights): void => {
  const bytes = blobBytes({ parameterCount: parameterCount(densePath(model)) });
  if (bytes > MAX_MODEL_BYTES)
    throw new PathfoldError('too_large', `${bytes} bytes of weights do not fit an ONNX file.`);
};

/**
 * The ONNX model of one path, in standard operators only (opset 18): `input_ids` [batch, sequence] int64 to
 * `logits` [batch, sequence, vocabulary]. With `cached`, keys and values of earlier positions come in as
 * `past_key_values.I.key` and `.value` [batch, heads, past, width / heads] and leave as `present.I.…`.
 * Past and sequence together must not exceed the context. Throws `too_large` when the weights do not fit protobuf.
 */
export const pathOnnx = (weights: PathWeights, { cached }: { cached: boolean }): Uint8Array<ArrayBuffer> => {
  checkSize(weights);
  const { model } = weights;
  const g = new GraphBuilder();
  const ids = g.input('input_ids', 'int64', ['batch', 'sequence']);
  const matrices = floatMatrices(g, weights);
  const positions = countedPositions(g, model, ids, cached);
  const hidden = hiddenStates(g, weights, ids, { matrices, positions, cacheBatch: cached ? 'batch' : null });
  g.output('logits', matrices.head(hidden), 'float', ['batch', 'sequence', model.vocabulary]);
  return encodeModel(g.graph('path'), { context: String(model.context) });
};

/**
 * The ONNX model of one path as transformers.js asks for it (`decoder_forward` of its models/modeling_utils.js): beside
 * `input_ids` [batch_size, sequence] the inputs of `givenPositions`, and the cache of `pathOnnx`. With `int8`, matrices are
 * 8-bit codes. Throws `too_large` as `pathOnnx` does.
 */
export const transformersOnnx = (weights: PathWeights, { int8 }: { int8: boolean }): Uint8Array<ArrayBuffer> => {
  checkSize(weights);
  const { model } = weights;
  const g = new GraphBuilder();
  const ids = g.input('input_ids', 'int64', ['batch_size', 'sequence']);
  const matrices = int8 ? int8Matrices(g, weights) : floatMatrices(g, weights);
  const positions = givenPositions(g, model, ids);
  const hidden = hiddenStates(g, weights, ids, { matrices, positions, cacheBatch: 'batch_size' });
  g.output('logits', matrices.head(hidden), 'float', ['batch_size', 'sequence', model.vocabulary]);
  return encodeModel(g.graph('path'), { context: String(model.context) });
};

/**
 * The ONNX model that routing reads a document with: `input_ids` [1, sequence] int64, the tokens of a prefix, at least
 * one and at most the context, to `feature` [width], the mean of the final hidden states over them (DiPaCo section 2.2).
 * `weights` are the frozen base's. Throws `too_large` as `pathOnnx` does.
 */
export const featuresOnnx = (weights: PathWeights): Uint8Array<ArrayBuffer> => {
  checkSize(weights);
  const g = new GraphBuilder();
  const ids = g.input('input_ids', 'int64', [1, 'sequence']);
  const matrices = floatMatrices(g, weights);
  const positions = countedPositions(g, weights.model, ids, false);
  const hidden = hiddenStates(g, weights, ids, { matrices, positions, cacheBatch: null });
  const feature = g.node('ReduceMean', [hidden, g.ints([0, 1])], { keepdims: 0 });
  g.output('feature', feature, 'float', [weights.model.width]);
  return encodeModel(g.graph('features'), { context: String(weights.model.context) });
};
