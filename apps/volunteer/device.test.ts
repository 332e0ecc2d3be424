import { afterEach, expect, test, vi } from 'vitest';
import { findAdapter } from './device.ts';

afterEach(() => void vi.unstubAllGlobals());

const gpu = (requestAdapter: () => unknown) => vi.stubGlobal('navigator', { gpu: { requestAdapter } });

test('an adapter that tells nothing of itself is offered all the same', async () => {
  gpu(async () => ({}));
  expect(await findAdapter()).toEqual({ name: 'a graphics adapter', software: false });
  gpu(async () => ({ info: { vendor: 'acme', architecture: 'x1' } }));
  expect(await findAdapter()).toEqual({ name: 'acme x1', software: false });
});

test('a browser that fails at the question has none', async () => {
  gpu(() => {
    throw new TypeError('not here');
  });
  expect(await findAdapter()).toBeNull();
  gpu(async () => Promise.reject(new Error('lost')));
  expect(await findAdapter()).toBeNull();
  vi.stubGlobal('navigator', {});
  expect(await findAdapter()).toBeNull();
});
