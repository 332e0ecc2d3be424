import { apply } from '@pathfold/coordination/volunteer/apply';
import type { Decision, VolunteerEvent } from '@pathfold/coordination/volunteer/events';
import { plan, wakeAt } from '@pathfold/coordination/volunteer/plan';
import { initialState, type VolunteerState } from '@pathfold/coordination/volunteer/state';

/** An event before its time is set. */
export type Happening = VolunteerEvent extends infer E ? (E extends unknown ? Omit<E, 'at'> : never) : never;

/** A volunteer's mind, run on a clock. */
export interface Mind {
  readonly state: Readonly<VolunteerState>;
  /** Applies an event and all that follows from it. */
  tell(happening: Happening): void;
}

/**
 * Runs the mind: events in, decisions applied and given to `perform`, `changed` after each turn. What `perform` tells
 * at once waits until the decision before it is done.
 */
export function runMind(
  clock: { now(): number; after(ms: number, callback: () => void): () => void },
  perform: (decision: Decision) => void,
  changed: () => void,
): Mind {
  const state = initialState();
  const waiting: VolunteerEvent[] = [];
  let turning = false;
  let cancelTimer: () => void = () => {};

  const decide = () => {
    for (let decided = plan(state, clock.now()); decided.length > 0; decided = plan(state, clock.now()))
      for (const decision of decided) {
        apply(state, decision);
        perform(decision);
      }
  };

  const tell = (happening: Happening) => {
    waiting.push({ ...happening, at: clock.now() } as VolunteerEvent);
    if (turning) return;
    turning = true;
    try {
      for (let event = waiting.shift(); event; event = waiting.shift()) {
        apply(state, event);
        decide();
      }
    } finally {
      turning = false;
    }
    cancelTimer();
    const now = clock.now();
    const wake = wakeAt(state, now);
    cancelTimer = wake === null ? () => {} : clock.after(wake - now, () => tell({ type: 'Woke' }));
    changed();
  };
  return { state, tell };
}
