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
