import type { Coordinator } from '../../coordinator/mind.ts';
import type { CoordinatorState } from '../../coordinator/state.ts';
import type { CoordinatorEvent } from '../../events.ts';
import type { stepSwarm } from '../../swarm/mind.ts';
import type { MindParts } from '../../volunteer/run-mind.ts';
import type { WorkPlan } from '../../work-plan.ts';
import type { Wishes } from '../scenario.ts';

/** A known mistake, put between the simulator and a mind or a kind of work: the simulator must find each. */
export interface Plant {
  readonly mistake: string;
  /** The sentence of the invariant that it breaks. */
  readonly breaks: RegExp;
  /** The scenarios that it shows in, if not in any. */
  readonly wishes?: Wishes;
  mind?(mind: Coordinator): Coordinator;
  plan?(plan: WorkPlan<unknown>): WorkPlan<unknown>;
  volunteer?(mind: MindParts): MindParts;
  swarm?(step: typeof stepSwarm): typeof stepSwarm;
}

export type Rewrite = (event: CoordinatorEvent, state: CoordinatorState) => CoordinatorEvent | null;

export const deciding =
  (newRewrite: () => Rewrite) =>
  (mind: Coordinator): Coordinator => {
    const rewrite = newRewrite();
    return {
      ...mind,
      plan: (state, touched, now) =>
        mind
          .plan(state, touched, now)
          .map((event) => rewrite(event, state))
          .filter((event) => event !== null),
    };
  };

export const applying =
  (meddle: { before?: Meddling; after?: Meddling }) =>
  (mind: Coordinator): Coordinator => ({
    ...mind,
    apply(state, event) {
      meddle.before?.(state, event);
      const touched = mind.apply(state, event);
      meddle.after?.(state, event);
      return touched;
    },
  });
export type Meddling = (state: CoordinatorState, event: CoordinatorEvent) => void;
