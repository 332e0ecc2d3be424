import type { CoordinatorState, RunRecord } from '../coordinator/state.ts';
import type { CoordinatorEvent } from '../events.ts';
import type { Fold, FoldOutput, Json, RunFacts, Task, WorkPlan } from '../work-plan.ts';
import type { Random } from './random.ts';

/** A kind of work as the simulator takes it: its real plan, made-up folds, and what must hold for it alone. */
export interface SimulatedKind {
  readonly plan: WorkPlan<unknown>;
  /** The study whose runs it works for; of a language model's where left out. */
  readonly study?: { readonly name: string; readonly config: Json };
  /** Whether it takes part in a run of its sort; in all of them when left out. */
  takes?(run: RunFacts): boolean;
  /** The result of the fold, without any number computed. `lied`: whether the contribution of a lease was invented. */
  fold(fold: Fold, lied: (lease: string) => boolean): FoldOutput;
  /** Measurements of the check of a contribution; a norm when left out. */
  figures?(task: Task, lied: boolean): Record<string, number>;
  /** One way in which the operator asks it to make a run grow; null where it cannot now. */
  growth?(run: RunFacts, random: Random): Json | null;
  /** A fresh observer for one simulation. */
  watch(): KindWatch;
}

/** Each method answers what is broken, in words, or null. */
export interface KindWatch {
  /** Right after an event was applied. */
  see(event: CoordinatorEvent, state: CoordinatorState): string | null;
  /**
   * Now and then, while the run trains. `steadyMs`: for how long the coordinator has been up and undisturbed, with
   * a volunteer that can be relied on. `able`: how many of those lend or compute and have been well for a while; 0 soon
   * after a disturbance.
   */
  look(run: RunRecord, now: number, steadyMs: number, state: CoordinatorState, able: number): string | null;
}

/** Those that work for a run. */
export const plansOf = ({ kinds }: RunRecord, plans: readonly WorkPlan<unknown>[]): readonly WorkPlan<unknown>[] =>
  plans.filter(({ name }) => kinds.includes(name));
