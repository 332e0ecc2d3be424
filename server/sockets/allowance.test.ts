import { expect, test } from 'vitest';
import { createAllowances } from './allowance.ts';

test('each address has an allowance of its own, which comes back with time', () => {
  let now = 0;
  const allowance = createAllowances(1, 2, () => now);
  expect(['a', 'a', 'a', 'b'].map(allowance.take)).toEqual([true, true, false, true]);
  now = 1000;
  expect(['a', 'a'].map(allowance.take)).toEqual([true, false]);
});
