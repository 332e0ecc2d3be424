import type { Json } from '@pathfold/coordination/work-plan';
import type { ClaimSpec } from './claims.ts';
import type { Plot } from './plots.ts';
import type { Probes } from './probes.ts';
import type { Result, Results } from './results.ts';
import type { RunPorts } from './run-ports.ts';
import type { Table } from './tables.ts';

/** One of the things that a study compares. */
export interface Arm {
  /** In words, for tables and plots. */
  readonly about: string;
  /** All that its result depends on beside the seed and the arithmetic: part of its key. */
  readonly config: Json;
  /** It is computed with this many seeds at most. */
  readonly seeds?: number;
  /** `first`: with every seed before any other arm. `long`: only where it is asked for, by its name or by `--long`. */
  readonly when?: 'first' | 'long';
}

/** The arm's `when`, from the names of those that come first and those that take long. */
export const whenOf = (arm: string, first: ReadonlySet<string>, long: ReadonlySet<string>): Pick<Arm, 'when'> =>
  first.has(arm) ? { when: 'first' } : long.has(arm) ? { when: 'long' } : {};

/** A study in one of its two sizes. */
export interface Design {
  /** Settings that all arms share, for the last line and the page. */
  readonly config: Json;
  /** By name: letters, digits and hyphens. They are run in this order, seed after seed; those that come first with all seeds. */
  readonly arms: Readonly<Record<string, Arm>>;
  /** Every statement of the paper that this size can decide. */
  readonly claims: readonly ClaimSpec[];
  /** Tables and plots from the results that are there. */
  report(results: Results): { readonly tables: readonly Table[]; readonly plots: readonly Plot[] };
}

export interface Study {
  readonly about: string;
  /** Its own files, from this folder, that say what is computed: their code is part of every key. */
  readonly sources: readonly string[];
  /** Short runs through everything else that an arm's results depend on: their bits are part of its key. */
  probes(arm: Arm): Probes;
  design(quick: boolean): Design;
  /** One arm with one seed, in a process of its own. */
  run(arm: Arm, seed: number, ports: RunPorts): Promise<Result>;
}
