import { createIdentity } from '@pathfold/volunteer/connection/identity';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';

beforeEach(() => vi.resetModules());
afterEach(() => vi.unstubAllGlobals());

const blocked = () => {
  throw new DOMException('blocked', 'SecurityError');
};
/** Storage as browsers have it; `full`: what is there can be read. */
function storage(kept: string | null, full: boolean) {
  return {
    getItem: () => kept,
    setItem(_key: string, value: string) {
      if (full) throw new DOMException('full', 'QuotaExceededError');
      kept = value;
    },
  };
}
/** As at the begin of a visit. */
const visit = () => import('./identity-file.ts');

test('an identity is kept from visit to visit; a restored one takes its place', async () => {
  vi.stubGlobal('localStorage', storage(null, false));
  const own = await (await visit()).ownIdentity();
  vi.resetModules();
  const { ownIdentity, takeIdentity } = await visit();
  expect(await ownIdentity()).toBe(own);
  const { file } = await createIdentity();
  await takeIdentity(new File([file], 'identity.json'));
  vi.resetModules();
  expect(await (await visit()).ownIdentity()).toBe(file);
});

test.each([
  ['blocks its storage', { getItem: blocked, setItem: blocked }],
  ['has no room left', storage('older', true)],
])('a browser that %s has the identity of this visit', async (_, localStorage) => {
  vi.stubGlobal('localStorage', localStorage);
  const { ownIdentity, takeIdentity } = await visit();
  expect(await ownIdentity()).toBe(await ownIdentity());
  const { file } = await createIdentity();
  await takeIdentity(new File([file], 'identity.json'));
  expect(await ownIdentity()).toBe(file);
});
