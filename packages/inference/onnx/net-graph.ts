import { hiddenWidth } from '@pathfold/checkpoint/layout';
import type { PathWeights } from '@pathfold/checkpoint/path';
import { type LlamaShape, NORM_EPSILON, ROPE_BASE } from '@pathfold/nets/llama-shape';
import type { GraphBuilder } from './builder.ts';

/** Names of the cache's inputs and outputs, as Hugging Face's tools name them. */
const cacheNames = (block: number) => ({
  pastKey: `past_key_values.${block}.key`,
  pastValue: `past_key_values.${block}.value`,
  presentKey: `present.${block}.key`,
  presentValue: `present.${block}.value`,
});

/** Values that every block of the graph uses. */
interface Surroundings {
  width: number;
  heads: number;
  headWidth: number;
  hidden: number;
  cached: boolean;
  /** Rotation of the positions at hand, [T, headWidth / 2]. */
  cos: string;
  sin: string;
  /** Adds a tensor of the path, under its own name. */
  weight(name: string, shape: readonly number[]): string;
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

/** Adds causal self-attention to x [B, T, width]. */
const attend = (g: GraphBuilder, x: string, index: number, s: Surroundings): string => {
  const { heads, headWidth, cached, width, weight } = s;
  const own = (tensor: string, shape: readonly number[]) => weight(`block${index}.${tensor}`, shape);
  const normed = rmsNorm(g, x, own('attentionNorm', [width]));
  const qkv = g.node('MatMul', [normed, own('qkv', [width, 3 * width])]);
  const parts = g.nodes('Split', 3, [qkv], { axis: -1, num_outputs: 3 });
  const [q, k, v] = parts.map((part) =>
    g.node('Transpose', [g.node('Reshape', [part, g.ints([0, 0, heads, headWidth])])], { perm: [0, 2, 1, 3] }),
  ) as [string, string, string];
  const query = rotate(g, q, s);
  let key = rotate(g, k, s);
  let value = v;
  if (cached) {
    const names = cacheNames(index);
    const past = ['batch', heads, 'past', headWidth] as const;
    const total = ['batch', heads, 'total', headWidth] as const;
    key = g.node('Concat', [g.input(names.pastKey, 'float', past), key], { axis: 2 });
    value = g.node('Concat', [g.input(names.pastValue, 'float', past), value], { axis: 2 });
    g.output(names.presentKey, key, 'float', total);
    g.output(names.presentValue, value, 'float', total);
  }
  const products = g.node('MatMul', [query, g.node('Transpose', [key], { perm: [0, 1, 3, 2] })]);
  const scores = g.node('Add', [g.node('Mul', [products, g.float(1 / Math.sqrt(headWidth))]), s.mask]);
  const mixed = g.node('MatMul', [g.node('Softmax', [scores], { axis: -1 }), value]);
  const joined = g.node('Reshape', [g.node('Transpose', [mixed], { perm: [0, 2, 1, 3] }), g.ints([0, 0, width])]);
  const out = own('attentionOut', [width, width]);
  return g.node('Add', [x, g.node('MatMul', [joined, out])]);
};

/** Adds the gated layer (SwiGLU) to x [B, T, width]. */
const feedForward = (g: GraphBuilder, x: string, index: number, { width, hidden, weight }: Surroundings): string => {
  const own = (tensor: string, shape: readonly number[]) => weight(`block${index}.${tensor}`, shape);
  const normed = rmsNorm(g, x, own('mlpNorm', [width]));
  const both = g.node('MatMul', [normed, own('gateUp', [width, 2 * hidden])]);
  const [gate, up] = g.nodes('Split', 2, [both], { axis: -1, num_outputs: 2 }) as [string, string];
  const gated = g.node('Mul', [g.node('Mul', [gate, g.node('Sigmoid', [gate])]), up]);
  return g.node('Add', [x, g.node('MatMul', [gated, own('down', [hidden, width])])]);
};

/** Rotation and mask of T new positions that follow `past` ones. */
const positions = (g: GraphBuilder, { width, heads, context }: LlamaShape, ids: string, past: string) => {
  const half = width / heads / 2;
  const angles = Float64Array.from({ length: context * half }, (_, index) => {
    const channel = index % half;
    return Math.floor(index / half) * ROPE_BASE ** (-channel / half);
  });
  const table = (name: string, f: (angle: number) => number) =>
    g.weight(name, [context, half], Float32Array.from(angles, f));
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
 * The net up to its final norm: token ids [batch, sequence] to hidden states [batch, sequence, width]. With `cached`,
 * keys and values of earlier positions become inputs and outputs of the graph. `embedding`: the graph's weight of it.
 */
export const hiddenStates = (
  g: GraphBuilder,
  weights: PathWeights,
  ids: string,
  cached: boolean,
): { hidden: string; embedding: string } => {
  const { width, heads, blocks, vocabulary } = weights.model;
  const weight = (name: string, shape: readonly number[]) => g.weight(name, shape, weights.tensor(name));
  const embedding = weight('tokens', [vocabulary, width]);
  const past = cached ? g.node('Gather', [g.node('Shape', [cacheNames(0).pastKey]), g.ints([2], [])]) : g.ints([0], []);
  const surroundings = {
    ...{ width, heads, headWidth: width / heads, hidden: hiddenWidth(width), cached, weight },
    ...positions(g, weights.model, ids, past),
  };
  let x = g.node('Gather', [embedding, ids]);
  for (let block = 0; block < blocks; block++)
    x = feedForward(g, attend(g, x, block, surroundings), block, surroundings);
  return { hidden: rmsNorm(g, x, weight('finalNorm', [width])), embedding };
};
