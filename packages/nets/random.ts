import { fnv1a } from '@pathfold/protocol/fnv';
import { ln } from '@pathfold/tensors/plan/exact';

/** Seeded 32-bit generator (mulberry32): integers only, so every JavaScript engine draws the same stream. */
export const uniform32 = (seed: number): (() => number) => {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let z = Math.imul(state ^ (state >>> 15), state | 1);
    z ^= z + Math.imul(z ^ (z >>> 7), z | 61);
    return (z ^ (z >>> 14)) >>> 0;
  };
};

/** Standard normal draws (Marsaglia's polar method) from exact arithmetic and square roots alone. */
export const gaussian = (seed: number): (() => number) => {
  const next = uniform32(seed);
  let spare: number | null = null;
  return () => {
    if (spare !== null) {
      const kept = spare;
      spare = null;
      return kept;
    }
    for (;;) {
      const x = (next() + 0.5) / 2 ** 31 - 1;
      const y = (next() + 0.5) / 2 ** 31 - 1;
      const square = x * x + y * y;
      if (square >= 1 || square === 0) continue;
      const factor = Math.sqrt((-2 * ln(square)) / square);
      spare = y * factor;
      return x * factor;
    }
  };
};

/** 32 bits that depend on every character of `text` and on the seed (FNV-1a, then mixed). */
export const seedFor = (seed: number, text: string): number => uniform32(fnv1a(text, seed))();
