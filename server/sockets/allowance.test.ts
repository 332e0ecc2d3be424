import { expect, test } from 'vitest';
import { createAllowances, createTurnstile } from './allowance.ts';

test('each address has an allowance of its own, which comes back with time', () => {
  let now = 0;
  const allowance = createAllowances(1, 2, () => now);
  expect(['a', 'a', 'a', 'b'].map(allowance.take)).toEqual([true, true, false, true]);
  now = 1000;
  expect(['a', 'a'].map(allowance.take)).toEqual([true, false]);
});

test('so many are inside at once for each address, and who leaves makes room', () => {
  const turnstile = createTurnstile(2);
  const [leave] = ['a', 'a'].map(turnstile.enter);
  expect(turnstile.enter('a')).toBeNull();
  expect(turnstile.enter('b')).not.toBeNull();
  leave!();
  expect(turnstile.enter('a')).not.toBeNull();
  expect(turnstile.enter('a')).toBeNull();
});
