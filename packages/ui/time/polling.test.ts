import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { lookAgain } from './polling.tsx';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('waits for the end of a look before the next, however long it takes', async () => {
  const ends: (() => void)[] = [];
  const look = vi.fn(() => new Promise<boolean>((resolve) => ends.push(() => resolve(true))));
  const stop = lookAgain(look, 2000);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(look).toHaveBeenCalledTimes(1);
  ends[0]!();
  await vi.advanceTimersByTimeAsync(1999);
  expect(look).toHaveBeenCalledTimes(1);
  await vi.advanceTimersByTimeAsync(1);
  expect(look).toHaveBeenCalledTimes(2);
  stop();
  ends[1]!();
  await vi.advanceTimersByTimeAsync(10_000);
  expect(look).toHaveBeenCalledTimes(2);
});

test('looks until it need not any more', async () => {
  const look = vi.fn(async () => look.mock.calls.length < 3);
  lookAgain(look, 100, 50);
  await vi.advanceTimersByTimeAsync(49);
  expect(look).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(10_000);
  expect(look).toHaveBeenCalledTimes(3);
});
