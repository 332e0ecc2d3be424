const FIRST_MS = 500;
const LONGEST_MS = 30_000;

/** Milliseconds to wait after the n-th failure in a row (n from 1): doubling, half of it at random. `chance` in [0, 1). */
export const backoffMs = (failures: number, chance: number): number => {
  const whole = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(failures - 1, 16));
  return whole / 2 + (whole / 2) * chance;
};
