import type { Shape } from '@pathfold/tensors/plan/types';
import { sizeOf } from '@pathfold/tensors/plan/types';
import { gaussian, seedFor } from './random.ts';

/** One tensor of a module, and how it begins: normal with this mean and deviation. */
export interface TensorShape {
  readonly name: string;
  readonly shape: Shape;
  readonly mean: number;
  readonly deviation: number;
}

/** A named group of parameters that is trained, versioned and sent as one. Flat: its tensors one after another. */
export interface ModuleShape {
  /** `embedding`, `level0.0` (level.expert), ..., `head`. */
  readonly name: string;
  readonly tensors: readonly TensorShape[];
  readonly parameterCount: number;
}

export const moduleShape = (name: string, tensors: readonly TensorShape[]): ModuleShape => ({
  name,
  tensors,
  parameterCount: tensors.reduce((total, { shape }) => total + sizeOf(shape), 0),
});

/**
 * First values of a module, flat. Equal in every JavaScript engine, and equal for all experts of a level, which only
 * data makes diverge (DiPaCo section 2.2).
 */
export const initModule = (shape: ModuleShape, seed: number): Float32Array => {
  const values = new Float32Array(shape.parameterCount);
  const level = shape.name.split('.')[0]!;
  let from = 0;
  for (const { name, shape: tensor, mean, deviation } of shape.tensors) {
    const stretch = values.subarray(from, from + sizeOf(tensor));
    const draw = gaussian(seedFor(seed, `${level} ${name}`));
    if (deviation === 0) stretch.fill(mean);
    else for (let i = 0; i < stretch.length; i++) stretch[i] = mean + deviation * draw();
    from += stretch.length;
  }
  return values;
};

/** Where each module lies in a path's flat parameters. */
export interface ModuleSlice {
  readonly name: string;
  readonly offset: number;
  readonly length: number;
}

export const moduleSlices = (modules: readonly ModuleShape[]): ModuleSlice[] => {
  let offset = 0;
  return modules.map(({ name, parameterCount: length }) => {
    const slice = { name, offset, length };
    offset += length;
    return slice;
  });
};
