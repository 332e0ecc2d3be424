import { expect, test } from 'vitest';
import { digitsOf } from './chart-options.ts';

test('ticks of an axis are told apart, by as few decimals as that takes', () => {
  expect([1, 0.5, 0.1, 0.05, 0.02, 0.001].map(digitsOf)).toEqual([1, 1, 1, 2, 2, 3]);
});
