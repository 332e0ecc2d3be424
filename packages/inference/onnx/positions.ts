import { type LlamaShape, ROPE_BASE } from '@pathfold/nets/llama-shape';
import type { GraphBuilder } from './builder.ts';
import { cacheNames } from './cache-names.ts';
import { DATA_TYPE } from './fields.ts';

/** T new positions among S. */
export interface Positions {
  /** Their rotation, half of a head's channels wide: broadcasts to [batch, heads, T, headWidth / 2]. */
  cos: string;
  sin: string;
  /** 0 where a position may look, else -infinity or nearly: broadcasts to [batch, heads, T, S]. */
  mask: string;
}

/** How many positions the cache holds. */
const pastOf = (g: GraphBuilder): string =>
  g.node('Gather', [g.node('Shape', [cacheNames(0).pastKey]), g.ints([2], [])]);

/** The new positions [T] after `past` ones, and which of all they may look at [T, S]. */
const following = (g: GraphBuilder, ids: string, past: string) => {
  const count = g.node('Gather', [g.node('Shape', [ids]), g.ints([1], [])]);
  const total = g.node('Add', [past, count]);
  const range = (start: string) => g.node('Range', [start, total, g.ints([1], [])]);
  const asking = range(past);
  const mayLook = g.node('LessOrEqual', [range(g.ints([0], [])), g.node('Unsqueeze', [asking, g.ints([1])])]);
  return { asking, mayLook };
};

/** Positions counted from the first token on; they must not exceed the context. */
export const countedPositions = (
  g: GraphBuilder,
  { width, heads, context }: LlamaShape,
  ids: string,
  cached: boolean,
): Positions => {
  const past = cached ? pastOf(g) : g.ints([0], []);
  const half = width / heads / 2;
  const angles = Float64Array.from({ length: context * half }, (_, index) => {
    const channel = index % half;
    return Math.floor(index / half) * ROPE_BASE ** (-channel / half);
  });
  const table = (name: string, f: (angle: number) => number) =>
    g.weight(name, [context, half], Float32Array.from(angles, f));
  const { asking, mayLook } = following(g, ids, past);
  return {
    cos: g.node('Gather', [table('rope.cos', Math.cos), asking]),
    sin: g.node('Gather', [table('rope.sin', Math.sin), asking]),
    mask: g.node('Where', [mayLook, g.float(0), g.float(-Infinity)]),
  };
};

/** Nearly -infinity: a position that may look at nothing, as padding before a prompt, has no softmax of -infinity alone. */
const UNSEEN = -1e30;

/**
 * Positions as Hugging Face's tools give them, of sequences that are padded to one length: `position_ids` [batch, T] and
 * `attention_mask` [batch, S], int64, 0 at padding. Positions beyond the context are rotated on.
 */
export const givenPositions = (g: GraphBuilder, { width, heads }: LlamaShape, ids: string): Positions => {
  const attention = g.input('attention_mask', 'int64', ['batch_size', 'total']);
  const positionIds = g.input('position_ids', 'int64', ['batch_size', 'sequence']);
  const half = width / heads / 2;
  const frequencies = Float32Array.from({ length: half }, (_, channel) => ROPE_BASE ** (-channel / half));
  const places = g.node('Cast', [g.node('Unsqueeze', [positionIds, g.ints([1, 3])])], { to: DATA_TYPE.float });
  const angles = g.node('Mul', [places, g.weight('rope.frequencies', [half], frequencies)]);
  const { mayLook } = following(g, ids, pastOf(g));
  const attended = g.node('Cast', [g.node('Unsqueeze', [attention, g.ints([1, 2])])], { to: DATA_TYPE.bool });
  return {
    cos: g.node('Cos', [angles]),
    sin: g.node('Sin', [angles]),
    mask: g.node('Where', [g.node('And', [mayLook, attended]), g.float(0), g.float(UNSEEN)]),
  };
};
