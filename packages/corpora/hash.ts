/** 32-bit mix (the finaliser of MurmurHash3): every input bit reaches every output bit. */
function mix32(x: number): number {
  let h = x | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** 53-bit hash of a sequence of 32-bit integers. */
export function hashOf(values: Iterable<number>): number {
  let high = 0x9e3779b9;
  let low = 0x7f4a7c15;
  for (const value of values) {
    high = mix32(high ^ value);
    low = mix32(Math.imul(low, 31) + value + high);
  }
  return (high >>> 11) * 2 ** 32 + low;
}

/** A number in [0, 1) that depends on nothing but the integers given: a counter-based random generator. */
export const uniformOf = (...counters: number[]): number => hashOf(counters) / 2 ** 53;
