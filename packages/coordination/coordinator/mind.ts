import type { CoordinatorEvent } from '../events.ts';
import type { WorkPlan } from '../work-plan.ts';
import { applyEvent } from './apply.ts';
import { decide } from './decide.ts';
import { type Memory, rebuildMemory } from './memory.ts';
import { type CoordinatorState, initialState } from './state.ts';
import { nothingTouched, type Touched } from './touched.ts';

/** How long a volunteer may be silent, in ms, before its lease goes to someone else. */
export const SILENCE_MS = 30_000;

/** The coordinator's mind: pure decisions over plain data. It knows no kind of work by name. */
export interface Coordinator {
  init(): CoordinatorState;
  /** Brings an event into the state, which it mutates, and says what there is to decide about. */
  apply(state: CoordinatorState, event: CoordinatorEvent): Touched;
  /**
   * The next decisions about what was touched and what is due at `now`; the state stays as it is. Append them to
   * the log, apply them, ask again until there are none (`advance` does that).
   */
  plan(state: CoordinatorState, touched: Touched, now: number): CoordinatorEvent[];
  /** The volunteer lives (heartbeat, progress). Forgotten in a restart, after which all have the whole limit again. */
  heard(state: CoordinatorState, volunteer: string, now: number): void;
  /** When to call `plan` again even if nothing happens; null when there is nothing to wait for. */
  nextWakeAt(state: CoordinatorState): number | null;
}

/**
 * A coordinator for these kinds of work, asked in this order.
 * Beside a state it keeps indexes, and when volunteers were last heard, under the state's identity: a state that
 * was restored or cloned gets its own.
 */
export function createCoordinator(kinds: readonly WorkPlan<unknown>[], silenceMs = SILENCE_MS): Coordinator {
  const byName = new Map(kinds.map((kind) => [kind.name, kind]));
  const memories = new WeakMap<CoordinatorState, Memory>();
  const memoryOf = (state: CoordinatorState): Memory => {
    let memory = memories.get(state);
    if (!memory) {
      memory = rebuildMemory(state);
      memories.set(state, memory);
    }
    return memory;
  };

  return {
    init: initialState,

    apply(state, event) {
      const touched = nothingTouched();
      applyEvent({ state, memory: memoryOf(state), touched, kinds: byName, silenceMs }, event);
      return touched;
    },

    plan(state, touched, now) {
      const memory = memoryOf(state);
      for (const what of ['runs', 'volunteers', 'leases'] as const)
        for (const id of touched[what]) memory.pending[what].add(id);
      return decide({ state, memory, kinds: byName, silenceMs, now: Math.max(now, state.now) });
    },

    heard(state, volunteer, now) {
      memoryOf(state).heardAt.set(volunteer, now);
    },

    nextWakeAt(state) {
      const { searches, pending, timers } = memoryOf(state);
      return searches.size > 0 || pending.volunteers.size > 0 ? state.now : timers.nextAt;
    },
  };
}
