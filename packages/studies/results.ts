import type { FigureOf } from './claims.ts';

/** The result of one arm with one seed: the same numbers for the same key, so no wall time and nothing of the machine. */
export interface Result {
  /** Figures at the end, by name, for example `nats`. */
  readonly figures: Readonly<Record<string, number>>;
  /** Curves on the way, by name: points [x, y]. */
  readonly curves: Readonly<Record<string, readonly (readonly [x: number, y: number])[]>>;
}

/** The results that are there, by arm and seed. */
export class Results {
  readonly #byArm = new Map<string, Map<number, Result>>();

  constructor(readonly seeds: readonly number[]) {}

  add(arm: string, seed: number, result: Result): void {
    const bySeed = this.#byArm.get(arm) ?? new Map<number, Result>();
    this.#byArm.set(arm, bySeed.set(seed, result));
  }

  /** Results of one arm, those seeds that have one. */
  of(arm: string): Result[] {
    return this.seeds.flatMap((seed) => this.#byArm.get(arm)?.get(seed) ?? []);
  }

  /** Figures with one seed, by default `nats`. `CURVE.N` is where point N of a curve lies, for example `steps.3`. */
  at(seed: number): FigureOf {
    return (arm, figure = 'nats') => {
      const result = this.#byArm.get(arm)?.get(seed);
      const [curve, point] = figure.split('.');
      return result?.figures[figure] ?? result?.curves[curve!]?.[Number(point)]?.[0] ?? Number.NaN;
    };
  }

  /** A measure on each seed; NaN where a figure is missing. */
  each(measure: (of: FigureOf) => number): number[] {
    return this.seeds.map((seed) => measure(this.at(seed)));
  }
}
