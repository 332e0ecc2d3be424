export interface BenchOptions {
  /** Fewer shapes and repetitions: a figure in about a minute. */
  readonly quick: boolean;
}

/** What a benchmark answers: figures by name, and the comparisons drawn from them. */
export interface BenchResult {
  readonly results: Readonly<Record<string, unknown>>;
  readonly ratios: Readonly<Record<string, number>>;
}

/** What a benchmark needs is not on this machine. The message is one sentence that says how to get it. */
export class Missing extends Error {}

export type Bench = (options: BenchOptions) => Promise<BenchResult>;
