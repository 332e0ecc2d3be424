import { hiddenWidth } from '@pathfold/checkpoint/layout';
import type { PathWeights } from '@pathfold/checkpoint/path';
import { NORM_EPSILON } from '@pathfold/nets/llama-shape';
import type { GraphBuilder } from './builder.ts';
import { cacheNames } from './cache-names.ts';
import type { Matrices } from './matrices.ts';
import type { Positions } from './positions.ts';

/** Parts that a net is computed with. */
export interface NetParts {
  matrices: Matrices;
  positions: Positions;
  /** The name of the batch's size in the shapes of the cache; null: there is no cache. */
  cacheBatch: string | null;
}

/** Values that every block of the graph uses. */
interface Surroundings extends NetParts {
  width: number;
  heads: number;
  headWidth: number;
  hidden: number;
  /** Adds a gain of the path, [width], under its own name. */
  gain(name: string): string;
}

/** x / sqrt(mean(x²) + eps) · gain, over the last axis. */
const rmsNorm = (g: GraphBuilder, x: string, gain: string): string => {
  const meanSquare = g.node('ReduceMean', [g.node('Mul', [x, x]), g.ints([-1])], { keepdims: 1 });
  const scale = g.node('Sqrt', [g.node('Add', [meanSquare, g.float(NORM_EPSILON)])]);
  return g.node('Mul', [g.node('Div', [x, scale]), gain]);
};

/** Rotary positions, half-split: the pair of a channel is headWidth / 2 further on. x: [B, heads, T, headWidth]. */
const rotate = (g: GraphBuilder, x: string, { cos, sin }: Positions): string => {
  const [first, second] = g.nodes('Split', 2, [x], { axis: -1, num_outputs: 2 }) as [string, string];
  const turnedFirst = g.node('Sub', [g.node('Mul', [first, cos]), g.node('Mul', [second, sin])]);
  const turnedSecond = g.node('Add', [g.node('Mul', [second, cos]), g.node('Mul', [first, sin])]);
  return g.node('Concat', [turnedFirst, turnedSecond], { axis: -1 });
};

/** Adds causal self-attention to x [B, T, width]. */
const attend = (g: GraphBuilder, x: string, index: number, s: Surroundings): string => {
  const { heads, headWidth, cacheBatch, width, matrices, positions } = s;
  const own = (tensor: string) => `block${index}.${tensor}`;
  const normed = rmsNorm(g, x, s.gain(own('attentionNorm')));
  const qkv = matrices.times(normed, own('qkv'), [width, 3 * width]);
  const parts = g.nodes('Split', 3, [qkv], { axis: -1, num_outputs: 3 });
  const [q, k, v] = parts.map((part) =>
    g.node('Transpose', [g.node('Reshape', [part, g.ints([0, 0, heads, headWidth])])], { perm: [0, 2, 1, 3] }),
  ) as [string, string, string];
  const query = rotate(g, q, positions);
  let key = rotate(g, k, positions);
  let value = v;
  if (cacheBatch !== null) {
    const names = cacheNames(index);
    const past = [cacheBatch, heads, 'past', headWidth] as const;
    const total = [cacheBatch, heads, 'total', headWidth] as const;
    key = g.node('Concat', [g.input(names.pastKey, 'float', past), key], { axis: 2 });
    value = g.node('Concat', [g.input(names.pastValue, 'float', past), value], { axis: 2 });
    g.output(names.presentKey, key, 'float', total);
    g.output(names.presentValue, value, 'float', total);
  }
  const products = g.node('MatMul', [query, g.node('Transpose', [key], { perm: [0, 1, 3, 2] })]);
  const scores = g.node('Add', [g.node('Mul', [products, g.float(1 / Math.sqrt(headWidth))]), positions.mask]);
  const mixed = g.node('MatMul', [g.node('Softmax', [scores], { axis: -1 }), value]);
  const joined = g.node('Reshape', [g.node('Transpose', [mixed], { perm: [0, 2, 1, 3] }), g.ints([0, 0, width])]);
  return g.node('Add', [x, matrices.times(joined, own('attentionOut'), [width, width])]);
};

/** Adds the gated layer (SwiGLU) to x [B, T, width]. */
const feedForward = (g: GraphBuilder, x: string, index: number, s: Surroundings): string => {
  const { width, hidden, matrices } = s;
  const own = (tensor: string) => `block${index}.${tensor}`;
  const normed = rmsNorm(g, x, s.gain(own('mlpNorm')));
  const both = matrices.times(normed, own('gateUp'), [width, 2 * hidden]);
  const [gate, up] = g.nodes('Split', 2, [both], { axis: -1, num_outputs: 2 }) as [string, string];
  const gated = g.node('Mul', [g.node('Mul', [gate, g.node('Sigmoid', [gate])]), up]);
  return g.node('Add', [x, matrices.times(gated, own('down'), [hidden, width])]);
};

/** The net up to its final norm: token ids [batch, sequence] to hidden states [batch, sequence, width]. */
export const hiddenStates = (
  g: GraphBuilder,
  { model: { width, heads, blocks }, tensor }: PathWeights,
  ids: string,
  parts: NetParts,
): string => {
  const gain = (name: string) => g.weight(name, [width], tensor(name));
  const surroundings = { ...parts, width, heads, headWidth: width / heads, hidden: hiddenWidth(width), gain };
  let x = parts.matrices.embed(ids);
  for (let block = 0; block < blocks; block++)
    x = feedForward(g, attend(g, x, block, surroundings), block, surroundings);
  return rmsNorm(g, x, gain('finalNorm'));
};
