/**
 * Seconds that an inner step takes each of four workers. `very` are those of the paper's released toy (core sheet 3.6);
 * the other levels are given there as a bar chart only: here the same spread with less and less of it, the mean kept.
 */
const VERY = [0.58, 0.75, 1.51, 3.33] as const;

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** `power`: 0 for equal workers, 1 for the spread of `very`. */
const spread = (power: number): number[] => {
  const values = VERY.map((seconds) => seconds ** power);
  return values.map((value) => Math.round((1e4 * value * mean(VERY)) / mean(values)) / 1e4);
};

/**
 * In browsers: batches of eight sequences of 512 tokens through all-MiniLM-L6-v2 in float32 on WebGPU, as people
 * measured and published them at https://huggingface.co/spaces/Xenova/webgpu-embedding-benchmark/discussions: 74 (NVIDIA
 * Turing, 116.7 ms), 99 (Intel Gen-12 laptop, 409.9 ms), 36 (Samsung Galaxy S23 Ultra, Adreno 7xx, 982.6 ms), 45 (Intel
 * Gen-9 laptop, 1,362.4 ms). The mean is that of the others.
 */
const BROWSERS_MS = [116.7, 409.9, 982.6, 1362.4];

export const SPEEDS = {
  none: spread(0),
  slight: spread(1 / 3),
  moderate: spread(2 / 3),
  very: [...VERY],
  browser: BROWSERS_MS.map((ms) => Math.round((1e4 * ms * mean(VERY)) / mean(BROWSERS_MS)) / 1e4),
} as const satisfies Record<string, readonly number[]>;

export type Level = keyof typeof SPEEDS;

/** So many workers, the four speeds over and over. */
export const speedsOf = (level: Level, workers: number): number[] =>
  Array.from({ length: workers }, (_, worker) => SPEEDS[level][worker % 4]!);

export const slowest = (speeds: readonly number[]): number => Math.max(...speeds);
