import { describe, expect, it } from 'vitest';
import { takeTabLock } from './tab-lock.ts';

/** Locks between tabs, as far as `ifAvailable` goes. */
function fakeLocks(): LockManager {
  let held = false;
  const request = async (_name: string, _options: LockOptions, use: (lock: Lock | null) => unknown) => {
    const free = !held;
    held = true;
    await use(free ? { name: 'x', mode: 'exclusive' } : null);
    if (free) held = false;
  };
  return { request, query: async () => ({}) } as unknown as LockManager;
}

describe('tabs of one browser', () => {
  it('train one at a time, and the next may once the first lets go', async () => {
    const locks = fakeLocks();
    const first = await takeTabLock(locks);
    expect(first).not.toBeNull();
    expect(await takeTabLock(locks)).toBeNull();
    first?.release();
    await new Promise((resolve) => setTimeout(resolve));
    expect(await takeTabLock(locks)).not.toBeNull();
  });
});
