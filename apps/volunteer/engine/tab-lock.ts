const LOCK = 'pathfold:train';

/** A hold on the right to train in this browser. */
export interface TabLock {
  release(): void;
}

/**
 * Takes the right to train, which one tab of this browser has at a time; null when another tab has it.
 * Where browsers offer no locks, every tab gets it. Holding it also keeps a hidden tab from being frozen.
 */
export async function takeTabLock(locks: LockManager | undefined = navigator.locks): Promise<TabLock | null> {
  if (!locks) return { release() {} };
  return new Promise((resolve, reject) => {
    locks
      .request(LOCK, { ifAvailable: true }, (lock) => {
        if (!lock) return resolve(null);
        return new Promise<void>((release) => resolve({ release }));
      })
      .catch(reject);
  });
}
