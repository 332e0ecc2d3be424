import type { LlamaShape } from '@pathfold/nets/llama-shape';
import type { LevelSpec, RunSpec } from '@pathfold/protocol/run-spec';
import { embeddingModule, headModule, levelModule, type ModuleShape } from './layout.ts';

/** Whose the embedding and the head are: of all paths, of an expert of the first level, or of each path. */
export type EmbeddingKind = RunSpec['embedding'];

/** The parts of one path: an expert of each level, and which embedding and head. */
interface Choice {
  readonly id: string;
  readonly experts: readonly number[];
  /** 0 where all paths share one. */
  readonly ends: number;
}

/** Every path in order: one expert of each level that says how many it has; path-specific ones count along. */
const choicesOf = (levels: readonly LevelSpec[], embedding: EmbeddingKind): Choice[] => {
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
export const pathIds = (levels: readonly LevelSpec[]): string[] => choicesOf(levels, 'shared').map(({ id }) => id);

/** Whether a path crosses these levels; one that a run grew later does not. */
export const hasPath = (levels: readonly LevelSpec[], path: string): boolean => pathIds(levels).includes(path);

const endName = (end: string, embedding: EmbeddingKind, index: number): string =>
  embedding === 'shared' ? end : `${end}.${index}`;

/** Names of the modules that a path crosses, in order: embedding, one a level, head. */
const namesOf = ({ experts, ends }: Choice, embedding: EmbeddingKind): string[] => [
  endName('embedding', embedding, ends),
  ...experts.map((expert, level) => `level${level}.${expert}`),
  endName('head', embedding, ends),
];

/** The module at one place of a path: 0 the embedding, then the levels, last the head. */
const moduleAt = (model: LlamaShape, levels: readonly LevelSpec[], place: number, name: string): ModuleShape => {
  if (place === 0) return embeddingModule(name, model);
  const level = levels[place - 1];
  if (!level) return headModule(name, model);
  const first = levels.slice(0, place - 1).reduce((sum, { blocks }) => sum + blocks, 0);
  return levelModule(name, model, first, level.blocks);
};

const checkBlocks = (model: LlamaShape, levels: readonly LevelSpec[]): void => {
  const blocks = levels.reduce((sum, level) => sum + level.blocks, 0);
  if (blocks !== model.blocks) throw new Error(`the levels hold ${blocks} blocks, the model has ${model.blocks}`);
};

/** All modules of a run, once each: embeddings, the experts of each level in order, heads. */
export const runModules = (
  model: LlamaShape,
  levels: readonly LevelSpec[],
  embedding: EmbeddingKind = 'shared',
): ModuleShape[] => {
  checkBlocks(model, levels);
  const paths = choicesOf(levels, embedding).map((choice) => namesOf(choice, embedding));
  return Array.from({ length: levels.length + 2 }, (_, place) =>
    [...new Set(paths.map((names) => names[place]!))].map((name) => moduleAt(model, levels, place, name)),
  ).flat();
};

/** The modules that one path crosses, in order. `path`: one expert a level, joined by `-`. Throws where there is none. */
export const pathModules = (
  model: LlamaShape,
  levels: readonly LevelSpec[],
  path: string,
  embedding: EmbeddingKind = 'shared',
): ModuleShape[] => {
  checkBlocks(model, levels);
  const choice = choicesOf(levels, embedding).find(({ id }) => id === path);
  if (!choice) throw new Error(`the levels have no path ${path}`);
  return namesOf(choice, embedding).map((name, place) => moduleAt(model, levels, place, name));
};
