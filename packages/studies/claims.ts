import { halfInterval, type Verdict } from '@pathfold/protocol/study-spec';

/** A figure of one arm with the seed in question; NaN where that arm has no result. */
export type FigureOf = (arm: string, figure?: string) => number;

export interface Bound {
  readonly op: '<=' | '>=';
  readonly value: number;
}

/** A statement of a paper as arithmetic over one seed's figures: arms are compared seed by seed. */
export interface ClaimSpec {
  /** For example `diloco.1.4.3`; a letter after it where the statement has several parts. */
  readonly id: string;
  readonly claim: string;
  /** The paper's finding, for the page. */
  readonly paper?: string;
  /** The currency that its arms have equal, for the page: steps, tokens or seconds. */
  readonly currency?: string;
  readonly bound: Bound;
  /** NaN where a figure is missing. */
  measure(of: FigureOf): number;
}

export interface Spread {
  /** Null when there is nothing to take the mean of. */
  readonly mean: number | null;
  /** Deviation of a sample (n - 1); null below two. */
  readonly std: number | null;
  readonly n: number;
}

/** A claim as the last line of a study reports it. */
export interface Claim {
  readonly id: string;
  readonly claim: string;
  readonly bound: Bound;
  readonly measured: Spread;
  /** The mean is on the right side of the bound. Never without a measurement. */
  readonly holds: boolean;
  readonly verdict: Verdict;
}

/** Mean and standard deviation of the values that are numbers. */
export function spreadOf(values: readonly number[]): Spread {
  const known = values.filter(Number.isFinite);
  const n = known.length;
  if (n === 0) return { mean: null, std: null, n };
  const mean = known.reduce((sum, value) => sum + value, 0) / n;
  const squares = known.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, std: n > 1 ? Math.sqrt(squares / (n - 1)) : null, n };
}

/** By the 95 % t interval of the mean over seeds. */
export function verdictOf(spread: Spread, { op, value }: Bound): Verdict {
  const { mean } = spread;
  if (mean === null) return 'not_measured';
  const half = halfInterval(spread);
  if (half === null) return 'undecided';
  const above = op === '>=' ? mean - value : value - mean;
  if (above - half >= 0) return 'held';
  return above + half < 0 ? 'not_held' : 'undecided';
}

/** `figures`: one for each seed. */
export const judge = (specs: readonly ClaimSpec[], figures: readonly FigureOf[]): Claim[] =>
  specs.map(({ id, claim, bound, measure }) => {
    const measured = spreadOf(figures.map(measure));
    const { mean } = measured;
    const holds = mean !== null && (bound.op === '<=' ? mean <= bound.value : mean >= bound.value);
    return { id, claim, bound, measured, holds, verdict: verdictOf(measured, bound) };
  });
