import { gaussian, seedFor } from '@pathfold/nets/random';
import { sizeOf } from '@pathfold/tensors/plan/types';
import type { ModuleShape } from '../layout.ts';
import type { Source } from '../new-run.ts';
import { joinModules, type PathShape } from '../path.ts';

/**
 * First values of a module, flat. Equal in every JavaScript engine, and equal for all experts of a level, which only
 * data makes diverge (DiPaCo section 2.2).
 */
export const initModule = ({ name: module, tensors, parameterCount }: ModuleShape, seed: number): Float32Array => {
  const values = new Float32Array(parameterCount);
  const level = module.split('.')[0]!;
  for (const { name, shape, offset, mean, deviation } of tensors) {
    const stretch = values.subarray(offset, offset + sizeOf(shape));
    const draw = gaussian(seedFor(seed, `${level} ${name}`));
    if (deviation === 0) stretch.fill(mean);
    else for (let i = 0; i < stretch.length; i++) stretch[i] = mean + deviation * draw();
  }
  return values;
};

export const fromSeed =
  (seed: number): Source =>
  (module) =>
    initModule(module, seed);

/** First parameters of a whole path. */
export const initPath = ({ modules }: Pick<PathShape, 'modules'>, seed: number): Float32Array =>
  joinModules(modules.map((module) => initModule(module, seed)));
