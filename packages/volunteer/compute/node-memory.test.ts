import { expect, test } from 'vitest';
import { nodeMemory } from './node-memory.ts';

test('a process has the memory of its machine, or of its container where that is less', () => {
  expect(nodeMemory(8e9, 1e9)).toBe(1e9);
  // How Node tells that there is no limit, or that it does not know one.
  for (const none of [0, 2 ** 64]) expect(nodeMemory(8e9, none)).toBe(8e9);
});
