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

const MOST_ADDRESSES = 10_000;

/** An allowance for each address. The addresses that were seen first are forgotten when there are too many. */
export function createAddressAllowance(perSecond: number, burst: number, now?: () => number) {
  const byAddress = new Map<string, ReturnType<typeof createAllowance>>();
  return {
    take(address: string): boolean {
      const allowance = byAddress.get(address) ?? createAllowance(perSecond, burst, now);
      byAddress.set(address, allowance);
      if (byAddress.size > MOST_ADDRESSES) byAddress.delete(byAddress.keys().next().value!);
      return allowance.take();
    },
  };
}
