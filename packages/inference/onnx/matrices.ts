import type { PathWeights } from '@pathfold/checkpoint/path';
import type { GraphBuilder } from './builder.ts';

/** The matrices of a path in a graph, each added where it is used first. */
export interface Matrices {
  /** Token ids [...] to their embeddings [..., width]. */
  embed(ids: string): string;
  /** x [..., rows] to its product [..., columns] with the path's tensor of this name and shape [rows, columns]. */
  times(x: string, name: string, shape: readonly [number, number]): string;
  /** The final hidden states [..., width] to logits [..., vocabulary]. Call after `embed`. */
  head(hidden: string): string;
}

/** In float32. The embedding is added at once. */
export const floatMatrices = (g: GraphBuilder, { model, tensor }: PathWeights): Matrices => {
  const { width, vocabulary, tied } = model;
  const embedding = g.weight('tokens', [vocabulary, width], tensor('tokens'));
  const times: Matrices['times'] = (x, name, shape) => g.node('MatMul', [x, g.weight(name, shape, tensor(name))]);
  return {
    embed: (ids) => g.node('Gather', [embedding, ids]),
    times,
    head: (hidden) =>
      tied
        ? g.node('MatMul', [hidden, g.node('Transpose', [embedding], { perm: [1, 0] })])
        : times(hidden, 'output', [width, vocabulary]),
  };
};
