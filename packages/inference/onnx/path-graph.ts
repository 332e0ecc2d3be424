import { PathfoldError } from '@pathfold/protocol/errors';
import { type BlockWeights, NORM_EPSILON, type PathWeights, parameterCount, ROPE_BASE } from '../path-weights.ts';
import { GraphBuilder } from './builder.ts';
import { encodeModel } from './encode.ts';

/** Protobuf cannot hold more than 2 GiB in one message. */
const MAX_MODEL_BYTES = 2 ** 31 - 2 ** 20;

/** Names of the cache's inputs and outputs, as Hugging Face's tools name them. */
export const cacheNames = (block: number) => ({
  pastKey: `past_key_values.${block}.key`,
  pastValue: `past_key_values.${block}.value`,
  presentKey: `present.${block}.key`,
  presentValue: `present.${block}.value`,
});

/** Values that every block of the graph uses. */
interface Surroundings {
  heads: number;
  headWidth: number;
  hidden: number;
  cached: boolean;
  /** Rotation of the positions at hand, [T, headWidth / 2]. */
  cos: string;
  sin: string;
  /** 0 where a position may look, -infinity where it may not: [T, S]. */
  mask: string;
}

/** x / sqrt(mean(x²) + eps) · gain, over the last axis. */
const rmsNorm = (g: GraphBuilder, x: string, gain: string): string => {
  const meanSquare = g.node('ReduceMean', [g.node('Mul', [x, x]), g.ints([-1])], { keepdims: 1 });
  const scale = g.node('Sqrt', [g.node('Add', [meanSquare, g.float(NORM_EPSILON)])]);
  return g.node('Mul', [g.node('Div', [x, scale]), gain]);
};

/** Rotary positions, half-split: the pair of a channel is headWidth / 2 further on. x: [B, heads, T, headWidth]. */
const rotate = (g: GraphBuilder, x: string, { cos, sin }: Surroundings): string => {
  const [first, second] = g.nodes('Split', 2, [x], { axis: -1, num_outputs: 2 }) as [string, string];
  const turnedFirst = g.node('Sub', [g.node('Mul', [first, cos]), g.node('Mul', [second, sin])]);
  const turnedSecond = g.node('Add', [g.node('Mul', [second, cos]), g.node('Mul', [first, sin])]);
  return g.node('Concat', [turnedFirst, turnedSecond], { axis: -1 });
};

/** One pre-norm transformer block: x [B, T, width] to the same shape. */
const transformerBlock = (
  g: GraphBuilder,
  x: string,
  weights: BlockWeights,
  index: number,
  s: Surroundings,
): string => {
  const { heads, headWidth, hidden, cached } = s;
  const width = heads * headWidth;
  const name = (part: string) => `blocks.${index}.${part}`;
  const project = (input: string, part: string, shape: [number, number], data: Float32Array) =>
    g.node('MatMul', [input, g.weight(name(part), shape, data)]);
  const intoHeads = (value: string) =>
    g.node('Transpose', [g.node('Reshape', [value, g.ints([0, 0, heads, headWidth])])], { perm: [0, 2, 1, 3] });

  const normed = rmsNorm(g, x, g.weight(name('attention.gain'), [width], weights.attentionGain_D));
  const square: [number, number] = [width, width];
  const query = rotate(g, intoHeads(project(normed, 'query', square, weights.query_DD)), s);
  let key = rotate(g, intoHeads(project(normed, 'key', square, weights.key_DD)), s);
  let value = intoHeads(project(normed, 'value', square, weights.value_DD));
  if (cached) {
    const names = cacheNames(index);
    const past = ['batch', heads, 'past', headWidth] as const;
    const total = ['batch', heads, 'total', headWidth] as const;
    key = g.node('Concat', [g.input(names.pastKey, 'float', past), key], { axis: 2 });
    value = g.node('Concat', [g.input(names.pastValue, 'float', past), value], { axis: 2 });
    g.output(names.presentKey, key, 'float', total);
    g.output(names.presentValue, value, 'float', total);
  }
  const scores = g.node('Mul', [
    g.node('MatMul', [query, g.node('Transpose', [key], { perm: [0, 1, 3, 2] })]),
    g.float(1 / Math.sqrt(headWidth)),
  ]);
  const attention = g.node('Softmax', [g.node('Add', [scores, s.mask])], { axis: -1 });
  const mixed = g.node('Transpose', [g.node('MatMul', [attention, value])], { perm: [0, 2, 1, 3] });
  const joined = g.node('Reshape', [mixed, g.ints([0, 0, width])]);
  const attended = g.node('Add', [x, project(joined, 'output', square, weights.output_DD)]);

  const again = rmsNorm(g, attended, g.weight(name('mlp.gain'), [width], weights.mlpGain_D));
  const gate = project(again, 'gate', [width, hidden], weights.gate_DF);
  const silu = g.node('Mul', [gate, g.node('Sigmoid', [gate])]);
  const gated = g.node('Mul', [silu, project(again, 'up', [width, hidden], weights.up_DF)]);
  return g.node('Add', [attended, project(gated, 'down', [hidden, width], weights.down_FD)]);
};

/** Rotation and mask of T new positions that follow `past` ones. */
const positions = (g: GraphBuilder, weights: PathWeights, ids: string, past: string) => {
  const half = weights.width / weights.heads / 2;
  const angles = Float64Array.from({ length: weights.context * half }, (_, index) => {
    const channel = index % half;
    return Math.floor(index / half) * ROPE_BASE ** (-channel / half);
  });
  const table = (name: string, f: (angle: number) => number) =>
    g.weight(name, [weights.context, half], Float32Array.from(angles, f));
  const count = g.node('Gather', [g.node('Shape', [ids]), g.ints([1], [])]);
  const total = g.node('Add', [past, count]);
  const range = (start: string) => g.node('Range', [start, total, g.ints([1], [])]);
  const asking = range(past);
  const mayLook = g.node('LessOrEqual', [range(g.ints([0], [])), g.node('Unsqueeze', [asking, g.ints([1])])]);
  return {
    cos: g.node('Gather', [table('rope.cos', Math.cos), asking]),
    sin: g.node('Gather', [table('rope.sin', Math.sin), asking]),
    mask: g.node('Where', [mayLook, g.float(0), g.float(-Infinity)]),
  };
};

/**
 * The ONNX model of one path, in standard operators only (opset 18): `input_ids` [batch, sequence] int64 to
 * `logits` [batch, sequence, vocabulary]. With `cached`, keys and values of earlier positions come in as
 * `past_key_values.I.key` and `.value` [batch, heads, past, width / heads] and leave as `present.I.…`.
 * Past and sequence together must not exceed the context. Throws `too_large` when the weights do not fit protobuf.
 */
export const pathOnnx = (weights: PathWeights, { cached }: { cached: boolean }): Uint8Array<ArrayBuffer> => {
  const { width, heads, hidden, vocabulary } = weights;
  const bytes = 4 * parameterCount(weights);
  if (bytes > MAX_MODEL_BYTES)
    throw new PathfoldError('too_large', `${bytes} bytes of weights do not fit an ONNX file.`);
  const g = new GraphBuilder();
  const ids = g.input('input_ids', 'int64', ['batch', 'sequence']);
  const embedding = g.weight('embedding', [vocabulary, width], weights.embedding_VD);
  const past = cached ? g.node('Gather', [g.node('Shape', [cacheNames(0).pastKey]), g.ints([2], [])]) : g.ints([0], []);
  const surroundings = { heads, headWidth: width / heads, hidden, cached, ...positions(g, weights, ids, past) };
  let x = g.node('Gather', [embedding, ids]);
  weights.blocks.forEach((block, index) => {
    x = transformerBlock(g, x, block, index, surroundings);
  });
  const normed = rmsNorm(g, x, g.weight('final.gain', [width], weights.finalGain_D));
  const output = weights.head_DV
    ? g.weight('head', [width, vocabulary], weights.head_DV)
    : g.node('Transpose', [embedding], { perm: [1, 0] });
  g.output('logits', g.node('MatMul', [normed, output]), 'float', ['batch', 'sequence', vocabulary]);
  return encodeModel(g.graph('path'), { context: String(weights.context) });
};
