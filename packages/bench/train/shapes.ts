import { type PathShape, parameterCount, pathShape } from '@pathfold/checkpoint/path';
import type { LlamaShape } from '@pathfold/nets/llama-shape';

const shape = (width: number, context: number): LlamaShape => ({
  width,
  blocks: 4,
  heads: width / 32,
  context,
  vocabulary: 256,
  tied: true,
});

/** The shape that everything else is compared by. */
export const REFERENCE = shape(128, 128);

export const SHAPES: readonly LlamaShape[] = [
  REFERENCE,
  ...[64, 128, 256]
    .flatMap((width) => [64, 128, 256].map((context) => shape(width, context)))
    .filter(({ width, context }) => width !== REFERENCE.width || context !== REFERENCE.context),
];

export const nameOf = ({ width, context }: LlamaShape): string => `d${width}-T${context}`;

export const pathOf = (model: LlamaShape): PathShape => pathShape(model, [{ experts: 1, blocks: model.blocks }], '0');

/** Multiplications and additions of a training step: 6 a parameter, and the products of attention (half are masked). */
export const flopsOfStep = (model: LlamaShape, batch: number): number =>
  batch * model.context * (6 * parameterCount(pathOf(model)) + 6 * model.blocks * model.context * model.width);

export const windowsOf = ({ context, vocabulary }: LlamaShape, batch: number) => {
  const tokens = Int32Array.from({ length: batch * context }, (_, i) => (i * 7919 + i * i) % vocabulary);
  return { tokens, targets: tokens.map((_, i) => tokens[(i + 1) % tokens.length]!) };
};
