import type { LlamaShape } from '@pathfold/nets/llama-shape';
import type { LevelSpec } from '@pathfold/protocol/run-spec';
import { sizeOf } from '@pathfold/tensors/plan/types';
import { floatsOf, type ModuleShape } from './layout.ts';
import { type EmbeddingKind, pathModules } from './levels.ts';

/** A path as a plan sees it: the net's shape, and the modules in the order of its flat parameters. */
export interface PathShape {
  readonly model: LlamaShape;
  readonly modules: readonly ModuleShape[];
}

export const pathShape = (
  model: LlamaShape,
  levels: readonly LevelSpec[],
  path: string,
  embedding?: EmbeddingKind,
): PathShape => ({ model, modules: pathModules(model, levels, path, embedding) });

/** The only path of a dense model. */
export const DENSE_PATH = '0';

export const densePath = (model: LlamaShape): PathShape =>
  pathShape(model, [{ experts: 1, blocks: model.blocks }], DENSE_PATH);

export const parameterCount = ({ modules }: Pick<PathShape, 'modules'>): number =>
  modules.reduce((total, module) => total + module.parameterCount, 0);

/** Where each module of a path begins in its flat parameters. */
export const offsetsOf = (modules: readonly ModuleShape[]): number[] => {
  let end = 0;
  return modules.map(({ parameterCount }) => {
    const start = end;
    end += parameterCount;
    return start;
  });
};

/** Theta of a path, flat: its modules' own parameters one after another, in order. */
export const joinModules = (modules: readonly Float32Array[]): Float32Array<ArrayBuffer> => {
  const theta = new Float32Array(modules.reduce((total, module) => total + module.length, 0));
  let offset = 0;
  for (const module of modules) {
    theta.set(module, offset);
    offset += module.length;
  }
  return theta;
};

/** Its inverse, also of an outer gradient: each module's part, which shares memory with the whole. */
export const splitPath = (theta: Float32Array, { modules }: Pick<PathShape, 'modules'>): Float32Array[] => {
  const offsets = offsetsOf(modules);
  return modules.map(({ parameterCount }, i) => theta.subarray(offsets[i]!, offsets[i]! + parameterCount));
};

/** Theta of a path from the blobs of its modules, in order. */
export const loadPath = async <Ref>(
  modules: readonly Ref[],
  read: (module: Ref) => Promise<Uint8Array>,
): Promise<Float32Array<ArrayBuffer>> =>
  joinModules(await Promise.all(modules.map(async (module) => floatsOf(await read(module)))));

/** The weights of one path, block after block as the path crosses its levels, whatever modules they lie in. */
export interface PathWeights {
  readonly model: LlamaShape;
  /** By its name in `layout.ts`; shares memory with its module's parameters. Throws where the path has none. */
  tensor(name: string): Float32Array;
}

/** From the parameters of a path's modules, in order. Throws when one is missing or has another size than its shape asks for. */
export const weightsOf = (
  { model, modules }: PathShape,
  values: readonly (Float32Array | undefined)[],
): PathWeights => {
  const tensors = new Map<string, Float32Array>();
  for (const [i, module] of modules.entries()) {
    const own = values[i];
    if (own?.length !== module.parameterCount)
      throw new Error(`module ${module.name} has ${own?.length ?? 'no'} parameters, not ${module.parameterCount}`);
    for (const { name, shape, offset } of module.tensors)
      tensors.set(name, own.subarray(offset, offset + sizeOf(shape)));
  }
  return {
    model,
    tensor(name) {
      const tensor = tensors.get(name);
      if (!tensor) throw new Error(`the path has no tensor ${name}`);
      return tensor;
    },
  };
};
