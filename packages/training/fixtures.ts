import { type PathShape, pathShape } from '@pathfold/checkpoint/path';
import type { Batch } from './batch.ts';

/** A tiny path, and text-like windows for it: for tests. */
export const tinyPath: PathShape = pathShape(
  { width: 16, blocks: 2, heads: 2, context: 16, vocabulary: 32, tied: true },
  [
    { experts: 1, blocks: 1 },
    { experts: 1, blocks: 1 },
  ],
  '0-0',
);

/** `count` windows of a sequence that repeats with variations; other numbers give other windows. */
export const windows = (number: number, count: number, { model }: PathShape = tinyPath): Batch => {
  const { context, vocabulary } = model;
  const at = (window: number, i: number) => {
    const position = (number * count + window) * 13 + i;
    return (position * 5 + Math.floor(position / 7) * 3) % vocabulary;
  };
  const flat = (shift: number) =>
    Int32Array.from({ length: count * context }, (_, k) => at(Math.floor(k / context), (k % context) + shift));
  return { tokens: flat(0), targets: flat(1) };
};
