/** A token bucket: `perSecond` on average, `burst` at once. `take` answers whether one more is allowed. */
export function createAllowance(perSecond: number, burst: number, now: () => number = () => performance.now()) {
  let left = burst;
  let at = now();
  return {
    take(): boolean {
      const t = now();
      left = Math.min(burst, left + ((t - at) / 1000) * perSecond);
      at = t;
      if (left < 1) return false;
      left -= 1;
      return true;
    },
  };
}

const MOST_KEYS = 10_000;

/** An allowance for each key, such as an address. The keys that were seen first are forgotten when there are too many. */
export function createAllowances(perSecond: number, burst: number, now?: () => number) {
  const byKey = new Map<string, ReturnType<typeof createAllowance>>();
  return {
    take(key: string): boolean {
      const allowance = byKey.get(key) ?? createAllowance(perSecond, burst, now);
      byKey.set(key, allowance);
      if (byKey.size > MOST_KEYS) byKey.delete(byKey.keys().next().value!);
      return allowance.take();
    },
  };
}

/** `most` at once for each key. `enter` answers how to leave; null when there are too many. */
export function createTurnstile(most: number) {
  const inside = new Map<string, number>();
  return {
    enter(key: string): (() => void) | null {
      const count = inside.get(key) ?? 0;
      if (count >= most) return null;
      inside.set(key, count + 1);
      return () => {
        const left = inside.get(key)! - 1;
        if (left === 0) inside.delete(key);
        else inside.set(key, left);
      };
    },
  };
}
