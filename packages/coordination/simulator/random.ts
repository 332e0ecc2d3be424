import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

/** The one source of chance in a simulation: the same seed, the same numbers. */
export class Random {
  readonly #generator;

  constructor(seed: number) {
    this.#generator = xoroshiro128plus(mix(seed));
  }

  /** In [0, 1). */
  fraction(): number {
    return uniformFloat64(this.#generator);
  }

  /** An integer from `low` to `high`, both included. */
  int(low: number, high: number): number {
    return uniformInt(this.#generator, low, high);
  }

  chance(probability: number): boolean {
    return this.fraction() < probability;
  }

  pick<T>(items: readonly T[]): T {
    return items[this.int(0, items.length - 1)]!;
  }

  /** Waiting time of a process that happens once in `meanMs`, in whole ms. */
  waitMs(meanMs: number): number {
    return Math.ceil(-Math.log(1 - this.fraction()) * meanMs);
  }

  /** Between `middle / spread` and `middle * spread`, evenly in the logarithm. */
  around(middle: number, spread: number): number {
    return middle * spread ** (2 * this.fraction() - 1);
  }
}

/** Neighbouring seeds must not begin alike. */
function mix(seed: number): number {
  let bits = Math.imul(seed ^ (seed >>> 16) ^ 0x9e3779b9, 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return bits ^ (bits >>> 16);
}
