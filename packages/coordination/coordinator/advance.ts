import type { CoordinatorEvent } from '../events.ts';
import type { Coordinator } from './mind.ts';
import type { CoordinatorState } from './state.ts';
import { nothingTouched, type Touched } from './touched.ts';

/**
 * Applies the inputs, then decides and applies until nothing is left to decide. Answers all events in the order in
 * which they must be appended to the log; perform their effects only after that. If the append fails the state is
 * ahead of the log: the process must end.
 */
export function advance(
  mind: Coordinator,
  state: CoordinatorState,
  inputs: readonly CoordinatorEvent[],
  now: number,
): CoordinatorEvent[] {
  const log: CoordinatorEvent[] = [...inputs];
  let touched = applyAll(mind, state, inputs);
  for (;;) {
    const decided = mind.plan(state, touched, now);
    if (decided.length === 0) return log;
    log.push(...decided);
    touched = applyAll(mind, state, decided);
  }
}

function applyAll(mind: Coordinator, state: CoordinatorState, events: readonly CoordinatorEvent[]): Touched {
  const all = nothingTouched();
  for (const event of events) {
    const touched = mind.apply(state, event);
    for (const what of ['runs', 'volunteers', 'leases'] as const) for (const id of touched[what]) all[what].add(id);
  }
  return all;
}
