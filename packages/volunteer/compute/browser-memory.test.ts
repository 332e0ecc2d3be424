import { afterEach, expect, test, vi } from 'vitest';
import { browserMemory } from './browser-memory.ts';

afterEach(() => vi.unstubAllGlobals());

test.each([
  [{ deviceMemory: 8 }, 4 * 2 ** 30],
  [{ deviceMemory: 0.5 }, 2 ** 28],
  [{}, 2 * 2 ** 30],
])('in a browser that tells %j a page may use %d bytes', (navigator, bytes) => {
  vi.stubGlobal('navigator', navigator);
  expect(browserMemory()).toBe(bytes);
});
