import type { ContributionFacts, Fold, Json } from '@pathfold/coordination/work-plan';
import type { Chart } from '@pathfold/protocol/study-spec';
import type * as z from 'zod/mini';
import type { Queue, Unit } from '../queue/unit.ts';
import type { Amount } from './task-amount.ts';

/** The stages' own state of a chain, beside its script's: one arm of a study with one seed. */
export interface Chain<P> {
  /** Parts that are not done. */
  readonly units: Queue<P>;
  /** Parts laid out so far. */
  laidOut: number;
  /** Stages opened so far. */
  round: number;
  /** When the first and the last lease of this stage was granted; null before. */
  since: number | null;
  last: number | null;
  isOver: boolean;
  /** The fold that combines a stage; null while none does. */
  combining: string | null;
}

/** Chains of one seed meet the same tasks. */
export interface ChainSeed {
  readonly seed: number;
}

/** The description that every study gives. */
export interface StudyConfig {
  /** One of so many contributions of one volunteer is computed again. */
  readonly auditEvery: number;
}

/**
 * A study as chains that go from stage to stage. A stage is a list of parts, each a lease: a pure function of its body. When
 * all are in, the next stage follows from what came. `C`: the configuration; `S`: what the script keeps of a chain; `P`: a
 * part. Everything is pure but for the changes that `stage`, `take`, `lost` and `combined` make to their chain.
 */
export interface Script<C extends StudyConfig, S extends ChainSeed, P> {
  /** As leases and stored data name it. */
  readonly name: string;
  readonly study: string;
  readonly Config: z.ZodMiniType<C>;
  /** The task of a lease, and its cost. */
  readonly amountOf: (body: never) => Amount;
  /** Multiplications and additions a second of a usual volunteer. */
  readonly flopsPerSecond: number;
  chains(config: C): S[];
  /** The parts of the next stage, in the order in which they are given out; null at the end. */
  stage(config: C, chain: S & Chain<P>): readonly P[] | null;
  /** Stable name of a part inside its run. */
  keyOf(config: C, chain: S, part: P): string;
  /** The task of its lease. `seed`: of the chain. */
  bodyOf(config: C, chain: S, part: P, seed: number): object;
  /** A part is done. Answers parts that follow from it alone. */
  take(config: C, chain: S & Chain<P>, unit: Unit<P>, answer: ContributionFacts): readonly P[];
  /** A lease of it ended without an answer. */
  lost?(chain: S, unit: Unit<P>): void;
  /** How far a chain is: whoever comes gets work of the one that is furthest behind. */
  progress(config: C, chain: S & Chain<P>): number;
  /** How far the run is, for the pages. */
  round(chains: readonly (S & Chain<P>)[]): number;
  /** However long they grew: everybody gets a part of their points. */
  charts(config: C, chains: readonly (S & Chain<P>)[]): Chart[];
  /** Parts that no stage waits for: they are looked at on the way. None when left out. */
  isAside?(part: P): boolean;
  /** Whether the next stage follows as soon as somebody has taken each part. Never when left out. */
  runsAhead?(config: C, chain: S): boolean;
  /** When the stage goes on without the parts that `mayMiss`; null while it does not. */
  deadline?(config: C, chain: S & Chain<P>): number | null;
  mayMiss?(part: P): boolean;
  /** The part of a contribution that is computed again; all of it when left out. `draw`: any number, from the run's secret. */
  again?(part: P, answer: ContributionFacts, draw: number): readonly number[];
  /** Whether something is to be made of the stage whose parts are done, before the next one. Never when left out. */
  isDue?(chain: S): boolean;
  /** The fold that makes it. `index`: of the chain in its run. */
  combine?(config: C, chain: S, index: number, seed: number): Fold;
  combined?(chain: S, result: Json): void;
}

/** One state for each arm with each seed. */
export const eachArm = <S>(
  { arms, seeds }: { readonly arms: readonly unknown[]; readonly seeds: number },
  begin: (arm: number, seed: number) => S,
): S[] => Array.from({ length: seeds }, (_, seed) => arms.map((_, arm) => begin(arm, seed))).flat();
