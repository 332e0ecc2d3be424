import { type EmbeddingKind, type LevelShape, type LlamaShape, pathModules } from '@pathfold/nets/llama-modules';
import { initModule, type ModuleShape } from '@pathfold/nets/modules';

/** A path as a plan sees it: the net's shape, and the modules in the order of its flat parameters. */
export interface PathShape {
  readonly model: LlamaShape;
  readonly modules: readonly ModuleShape[];
}

/** `path`: one expert a level joined by `-`. Throws when the levels have no such path. */
export const pathShape = (
  model: LlamaShape,
  levels: readonly LevelShape[],
  path: string,
  embedding?: EmbeddingKind,
): PathShape => ({ model, modules: pathModules(model, levels, path, embedding) });

export const parameterCount = ({ modules }: PathShape): number =>
  modules.reduce((total, module) => total + module.parameterCount, 0);

/** One flat array from the modules' own, in order. */
export const joinModules = (modules: readonly Float32Array[]): Float32Array => {
  const theta = new Float32Array(modules.reduce((total, module) => total + module.length, 0));
  let offset = 0;
  for (const module of modules) {
    theta.set(module, offset);
    offset += module.length;
  }
  return theta;
};

/** First parameters of a whole path. */
export const initPath = ({ modules }: PathShape, seed: number): Float32Array =>
  joinModules(modules.map((module) => initModule(module, seed)));
