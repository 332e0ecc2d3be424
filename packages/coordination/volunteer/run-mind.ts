import { apply } from './apply.ts';
import type { Decision, VolunteerEvent } from './events.ts';
import { plan, wakeAt } from './plan.ts';
import { initialState, type VolunteerState } from './state.ts';

/** An event before its time is set. */
export type Happening = VolunteerEvent extends infer E ? (E extends unknown ? Omit<E, 'at'> : never) : never;

/** The pure parts of the mind. */
export interface MindParts {
  readonly apply: typeof apply;
  readonly plan: typeof plan;
  readonly wakeAt: typeof wakeAt;
}
export const MIND: MindParts = { apply, plan, wakeAt };

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
  { apply, plan, wakeAt }: MindParts = MIND,
): Mind {
  const state = initialState();
  const waiting: VolunteerEvent[] = [];
  let turning = false;
  let cancelTimer: () => void = () => {};

  /** Decides until nothing is left to decide; answers the time of that last look. */
  const decide = (): number => {
    for (;;) {
      const now = clock.now();
      const decided = plan(state, now);
      if (decided.length === 0) return now;
      for (const decision of decided) {
        apply(state, decision);
        perform(decision);
      }
    }
  };

  const tell = (happening: Happening) => {
    waiting.push({ ...happening, at: clock.now() } as VolunteerEvent);
    if (turning) return;
    turning = true;
    let lookedAt = clock.now();
    try {
      for (let event = waiting.shift(); event; event = waiting.shift()) {
        apply(state, event);
        lookedAt = decide();
      }
    } finally {
      turning = false;
    }
    cancelTimer();
    // Decisions that fell due since the last look are open: the timer is set from that look, not from now.
    const wake = wakeAt(state, lookedAt);
    cancelTimer = wake === null ? () => {} : clock.after(Math.max(0, wake - clock.now()), () => tell({ type: 'Woke' }));
    changed();
  };
  return { state, tell };
}
