export interface BenchOptions {
  /** Fewer shapes and repetitions: a figure in about a minute. */
  readonly quick: boolean;
  /** A file of what was measured before, which need not be measured again and gains what is measured now. */
  readonly results?: string;
}

/** The answer of a benchmark: figures by name, and the comparisons drawn from them. */
export interface BenchResult {
  readonly results: Readonly<Record<string, unknown>>;
  readonly ratios: Readonly<Record<string, number>>;
}

/** This machine lacks something that a benchmark needs. The message says in one sentence how to get it. */
export class Missing extends Error {}

export type Bench = (options: BenchOptions) => Promise<BenchResult>;
