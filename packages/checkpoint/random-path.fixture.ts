import type { LlamaShape } from '@pathfold/nets/llama-shape';
import { densePath, type PathWeights, weightsOf } from './path.ts';
import { initModule } from './sources/seed.ts';

const SHAPE: LlamaShape = { width: 32, heads: 4, blocks: 3, context: 32, vocabulary: 300, tied: true };

/** A small path from a seed, with weights larger than first ones, so that every part of the net matters. */
export const randomPath = ({ seed = 1, ...shape }: Partial<LlamaShape> & { seed?: number } = {}): PathWeights => {
  const path = densePath({ ...SHAPE, ...shape });
  const values = path.modules.map((module, m) =>
    initModule(module, seed + m).map((value, i) => value + 0.2 * Math.sin((m + 1) * i * 12.9898)),
  );
  return weightsOf(path, values);
};
