import { pathModules } from '@pathfold/checkpoint/levels';
import { ModelSpec } from '@pathfold/protocol/run-spec';
import { expect, test } from 'vitest';
import { forwardFlops, trainingFlops } from './flops.ts';

const parametersOf = (model: ModelSpec) =>
  pathModules(model, [{ experts: 1, blocks: model.blocks }], '0').reduce(
    (sum, module) => sum + module.parameterCount,
    0,
  );

test('counts what the products of the net multiply and add, tied or not', () => {
  const tied = ModelSpec.parse({ width: 64, blocks: 2, heads: 2, context: 32, vocabulary: 300 });
  const hidden = Math.round((parametersOf(tied) - 300 * 64 - 64 * 5) / 2 - 4 * 64 * 64) / (3 * 64);
  // Queries, keys, values and output; the three matrices of the feed-forward; scores and sums over half of 32 positions.
  const block = 2 * 4 * 64 * 64 + 2 * 3 * 64 * hidden + 2 * 2 * 16 * 64;
  const products = 2 * block + 2 * 300 * 64;
  const norms = 2 * 64 * 5;
  expect(forwardFlops(tied, parametersOf(tied))).toBe(products + norms);
  const untied = { ...tied, tied: false };
  expect(forwardFlops(untied, parametersOf(untied))).toBe(products + norms);
  expect(trainingFlops(tied, parametersOf(tied), false)).toBe(3 * (products + norms));
  expect(trainingFlops(tied, parametersOf(tied), true)).toBe(4 * (products + norms));
});
