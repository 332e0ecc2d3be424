import type { FigureOf } from '../claims.ts';

/** Arms of which the lowest loss counts: they differ in what was tuned. */
export type Reference = string | readonly string[];

const ratesOf = (arm: string): string[] => [arm, `${arm}-half`, `${arm}-double`];

/** No router could be learnt from a re-sharding, documents stay where they were: the arm is not what its name says. */
const refused = (of: FigureOf, arm: string): boolean => of(arm, 'refused') > 0;
const figure = (of: FigureOf, arm: string, name?: string): number => (refused(of, arm) ? Number.NaN : of(arm, name));

/** NaN unless all arms are there. */
function best(of: FigureOf, arms: Reference): number {
  const losses = [arms].flat().map((arm) => figure(of, arm));
  return losses.length === 0 ? Number.NaN : Math.min(...losses);
}

/**
 * How much lower the perplexity a byte of one arm is than that of another: 1 - exp(difference in nats). `name`: the figure
 * of the arm that is compared, its `nats` where left out.
 */
export const gain = (of: FigureOf, arm: string, reference: Reference, name?: string): number =>
  -Math.expm1(figure(of, arm, name) - best(of, reference));

/** The same of a figure of one arm against its `nats`. */
export const gainOf = (of: FigureOf, arm: string, name: string): number =>
  -Math.expm1(figure(of, arm, name) - figure(of, arm));

/** The common baselines, each tuned over the rates that this size has. */
export interface References {
  readonly dense: readonly string[];
  readonly diloco: readonly string[];
  readonly dilocoSmall: readonly string[];
  readonly dilocoBig: readonly string[];
}

export function referencesOf(arms: readonly string[]): References {
  const tuned = (arm: string) => ratesOf(arm).filter((one) => arms.includes(one));
  return {
    ...{ dense: tuned('dense'), diloco: tuned('diloco') },
    ...{ dilocoSmall: tuned('diloco-small'), dilocoBig: tuned('diloco-big') },
  };
}
