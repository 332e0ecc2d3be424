import type { RunResource } from '@pathfold/protocol/resources';
import { afterEach, expect, test, vi } from 'vitest';
import { asksForKey, networkRefusal } from './network-door.ts';

afterEach(() => {
  vi.unstubAllGlobals();
});

test.each([
  [401, true],
  [200, false],
  [429, false],
])('a coordinator whose /v1 answers %i asks for a key: %s', async (status, asks) => {
  vi.stubGlobal('fetch', async () => new Response(null, { status }));
  expect(await asksForKey()).toBe(asks);
});

test('the network is not offered where it would refuse, and the page says why', () => {
  const run = (visibility: 'public' | 'private') => ({ spec: { visibility } }) as RunResource;
  expect(networkRefusal(run('public'), false)).toBeNull();
  expect(networkRefusal(run('public'), true)).toContain('only with its key');
  expect(networkRefusal(run('private'), false)).toContain('public runs only');
  expect(networkRefusal(undefined, false)).not.toBeNull();
});
