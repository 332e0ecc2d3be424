import { PathfoldError } from '@pathfold/protocol/errors';
import { expect, test } from 'vitest';
import { drawWindows } from './windows.ts';

const tokens = Uint16Array.from({ length: 1000 }, (_, index) => index);
const shape = { context: 16, batch: 8, seed: 7, step: 3 };

test('targets are the tokens after the inputs, rows are contiguous windows', () => {
  const { inputs, targets } = drawWindows(tokens, shape);
  expect(inputs).toHaveLength(8 * 16);
  inputs.forEach((id, at) => {
    expect(targets[at]).toBe(id + 1);
    if (at % 16 > 0) expect(id).toBe(inputs[at - 1]! + 1);
  });
});

test('the same seed and step draw the same windows on every machine; others draw others', () => {
  const starts = (options: typeof shape) =>
    Array.from(drawWindows(tokens, options).inputs).filter((_, at) => at % options.context === 0);
  expect(starts(shape)).toEqual([296, 943, 50, 528, 666, 201, 557, 944]);
  expect(starts({ ...shape, step: 4 })).not.toEqual(starts(shape));
  expect(starts({ ...shape, seed: 8 })).not.toEqual(starts(shape));
});

test('every window is drawn, and about equally often', () => {
  const short = tokens.subarray(0, 26);
  const counts = new Map<number, number>();
  for (let step = 0; step < 1000; step++) {
    const { inputs } = drawWindows(short, { ...shape, step });
    for (let row = 0; row < 8; row++) counts.set(inputs[row * 16]!, (counts.get(inputs[row * 16]!) ?? 0) + 1);
  }
  expect([...counts.keys()].sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  for (const count of counts.values()) expect(Math.abs(count - 800)).toBeLessThan(150);
});

test('a shard of exactly one window is enough; one token less is corpus_too_short', () => {
  expect(drawWindows(tokens.subarray(0, 17), { ...shape, batch: 1 }).inputs[0]).toBe(0);
  expect(() => drawWindows(tokens.subarray(0, 16), shape)).toThrow(PathfoldError);
});
