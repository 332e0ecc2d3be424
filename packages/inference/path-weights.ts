import { hiddenWidth } from '@pathfold/checkpoint/layout';
import { type EmbeddingKind, pathIds, pathModules } from '@pathfold/checkpoint/levels';
import { tensorsOf } from '@pathfold/checkpoint/path';
import type { LlamaShape } from '@pathfold/nets/llama';
import type { LevelSpec } from '@pathfold/protocol/run-spec';

/** Weights of one transformer block. D: width, F: hidden width of the gated layer; matrices are [in, out], row-major. */
export interface BlockWeights {
  attentionGain_D: Float32Array;
  /** Queries, keys and values side by side, each head after head. */
  qkv_D3D: Float32Array;
  attentionOut_DD: Float32Array;
  mlpGain_D: Float32Array;
  /** Gate and up side by side. */
  gateUp_D2F: Float32Array;
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

/** Whether a path crosses these levels; one that a run grew later does not. */
export const hasPath = (levels: readonly LevelSpec[], path: string): boolean => pathIds(levels).includes(path);

/**
 * The weights of a path as views of its modules. `modules`: the flat parameters of each module that the path crosses,
 * by name. Throws when one is missing or has another size than the shape asks for.
 */
export const pathWeights = (
  model: LlamaShape,
  levels: readonly LevelSpec[],
  path: string,
  modules: ReadonlyMap<string, Float32Array>,
  embedding?: EmbeddingKind,
): PathWeights => {
  const shapes = pathModules(model, levels, path, embedding);
  const values = shapes.map(({ name, parameterCount }) => {
    const module = modules.get(name);
    if (module?.length !== parameterCount)
      throw new Error(`module ${name} has ${module?.length ?? 'no'} parameters, not ${parameterCount}`);
    return module;
  });
  const tensors = tensorsOf(shapes, values);
  const tensor = (name: string): Float32Array => {
    const values = tensors.get(name);
    if (!values) throw new Error(`path ${path} has no tensor ${name}`);
    return values;
  };
  return {
    width: model.width,
    heads: model.heads,
    hidden: hiddenWidth(model.width),
    context: model.context,
    vocabulary: model.vocabulary,
    embedding_VD: tensor('tokens'),
    blocks: Array.from({ length: model.blocks }, (_, block) => ({
      attentionGain_D: tensor(`block${block}.attentionNorm`),
      qkv_D3D: tensor(`block${block}.qkv`),
      attentionOut_DD: tensor(`block${block}.attentionOut`),
      mlpGain_D: tensor(`block${block}.mlpNorm`),
      gateUp_D2F: tensor(`block${block}.gateUp`),
      down_FD: tensor(`block${block}.down`),
    })),
    finalGain_D: tensor('finalNorm'),
    head_DV: model.tied ? null : tensor('output'),
  };
};

export const parameterCount = ({ embedding_VD, blocks, finalGain_D, head_DV }: PathWeights): number =>
  [embedding_VD, ...blocks.flatMap((block) => Object.values(block)), finalGain_D, ...(head_DV ? [head_DV] : [])].reduce(
    (sum: number, tensor: Float32Array) => sum + tensor.length,
    0,
  );
