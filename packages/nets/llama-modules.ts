import { type ModuleShape, moduleShape, type TensorShape } from './modules.ts';

/** Shape of a Llama-style decoder. RMSNorm epsilon 1e-5, rotation base 10,000, no biases. */
export interface LlamaShape {
  readonly width: number;
  readonly blocks: number;
  readonly heads: number;
  readonly context: number;
  readonly vocabulary: number;
  readonly tied: boolean;
}

/**
 * One level of a path: `blocks` consecutive blocks, in `experts` alternatives (DiPaCo section 2.1). `path`: as many as
 * there are paths, each crossed by its own alone.
 */
export interface LevelShape {
  readonly experts: number | 'path';
  readonly blocks: number;
}

/** Whose the embedding and the head are: of all paths, of an expert of the first level, or of each path. */
export type EmbeddingKind = 'shared' | 'level' | 'path';

const DEVIATION = 0.05;

/** SwiGLU hidden width F: 8/3 of the model's, rounded up to a multiple of 8. */
export const hiddenWidth = (width: number): number => 8 * Math.ceil(width / 3);

const gain = (name: string, width: number): TensorShape => ({ name, shape: [width], mean: 1, deviation: 0 });
const weight = (name: string, rows: number, columns: number, deviation = DEVIATION): TensorShape => ({
  name,
  shape: [rows, columns],
  mean: 0,
  deviation,
});

/**
 * The canonical order of a block's tensors; every reader and writer of modules follows it. Matrices are stored
 * [in, out], row-major. `block` counts along the whole path. The products that end a residual branch begin smaller.
 *
 * - qkv [D, 3D]: queries, keys, values side by side, each `heads` stretches of D / heads columns.
 * - gateUp [D, 2F]: gate and up side by side.
 */
const blockTensors = ({ width, blocks }: LlamaShape, block: number): TensorShape[] => {
  const hidden = hiddenWidth(width);
  const ending = DEVIATION / Math.sqrt(2 * blocks);
  const name = (tensor: string) => `block${block}.${tensor}`;
  return [
    gain(name('attentionNorm'), width),
    weight(name('qkv'), width, 3 * width),
    weight(name('attentionOut'), width, width, ending),
    gain(name('mlpNorm'), width),
    weight(name('gateUp'), width, 2 * hidden),
    weight(name('down'), hidden, width, ending),
  ];
};

/** The parts of one path: an expert of each level, and which embedding and head. */
interface Choice {
  readonly id: string;
  readonly experts: readonly number[];
  /** 0 where all paths share one. */
  readonly ends: number;
}

/** Every path in order: one expert of each level that says how many it has; path-specific ones count along. */
const choicesOf = (levels: readonly LevelShape[], embedding: EmbeddingKind): Choice[] => {
  const counts = levels.map(({ experts }) => (experts === 'path' ? 1 : experts));
  const total = counts.reduce((product, count) => product * count, 1);
  return Array.from({ length: total }, (_, path) => {
    let rest = path;
    const numbered = counts.map((_, level) => {
      const below = counts.slice(level + 1).reduce((product, next) => product * next, 1);
      const expert = Math.floor(rest / below);
      rest %= below;
      return levels[level]!.experts === 'path' ? path : expert;
    });
    const ends = embedding === 'shared' ? 0 : embedding === 'path' ? path : numbered[0]!;
    return { id: numbered.join('-'), experts: numbered, ends };
  });
};

/** Ids of all paths, in order: one expert a level, `0` or `0-3`. */
export const pathIds = (levels: readonly LevelShape[]): string[] => choicesOf(levels, 'shared').map(({ id }) => id);

const endName = (end: string, embedding: EmbeddingKind, index: number): string =>
  embedding === 'shared' ? end : `${end}.${index}`;

/** Names of the modules that a path crosses, in order: embedding, one a level, head. */
const namesOf = ({ experts, ends }: Choice, embedding: EmbeddingKind): string[] => [
  endName('embedding', embedding, ends),
  ...experts.map((expert, level) => `level${level}.${expert}`),
  endName('head', embedding, ends),
];

const namesOfPath = (levels: readonly LevelShape[], path: string, embedding: EmbeddingKind): string[] => {
  const choice = choicesOf(levels, embedding).find(({ id }) => id === path);
  if (!choice) throw new Error(`the levels have no path ${path}`);
  return namesOf(choice, embedding);
};

/** The tensors of the module at one place of a path: 0 the embedding, then the levels, last the head. */
const tensorsAt = (model: LlamaShape, levels: readonly LevelShape[], place: number): TensorShape[] => {
  if (place === 0) return [weight('tokens', model.vocabulary, model.width)];
  const level = levels[place - 1];
  if (!level) {
    const output = model.tied ? [] : [weight('output', model.width, model.vocabulary)];
    return [gain('finalNorm', model.width), ...output];
  }
  const first = levels.slice(0, place - 1).reduce((sum, { blocks }) => sum + blocks, 0);
  return Array.from({ length: level.blocks }, (_, i) => blockTensors(model, first + i)).flat();
};

const checkBlocks = (model: LlamaShape, levels: readonly LevelShape[]): void => {
  const blocks = levels.reduce((sum, level) => sum + level.blocks, 0);
  if (blocks !== model.blocks) throw new Error(`the levels hold ${blocks} blocks, the model has ${model.blocks}`);
};

/** All modules of a run, once each: embeddings, the experts of each level in order, heads. */
export const moduleTensors = (
  model: LlamaShape,
  levels: readonly LevelShape[],
  embedding: EmbeddingKind = 'shared',
): ModuleShape[] => {
  checkBlocks(model, levels);
  const paths = choicesOf(levels, embedding).map((choice) => namesOf(choice, embedding));
  return Array.from({ length: levels.length + 2 }, (_, place) => {
    const tensors = tensorsAt(model, levels, place);
    return [...new Set(paths.map((names) => names[place]!))].map((name) => moduleShape(name, tensors));
  }).flat();
};

/** The modules that one path crosses, in order. `path`: one expert a level, joined by `-`: `0`, `0-3`. */
export const pathModules = (
  model: LlamaShape,
  levels: readonly LevelShape[],
  path: string,
  embedding: EmbeddingKind = 'shared',
): ModuleShape[] => {
  checkBlocks(model, levels);
  return namesOfPath(levels, path, embedding).map((name, place) => moduleShape(name, tensorsAt(model, levels, place)));
};
