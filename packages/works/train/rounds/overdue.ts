import { type OpenLease, overdueAt, type TrainState } from '../state.ts';

/** The first time at which an open lease of a state is overdue, as long as it holds. */
const firsts = new WeakMap<TrainState, number>();

/** When the next open lease is overdue; infinite without one. */
export function nextOverdue(state: TrainState, now: number): number {
  const known = firsts.get(state);
  if (known !== undefined && known > now) return known;
  let first = Number.POSITIVE_INFINITY;
  for (const lease of Object.values(state.leases)) {
    const at = overdueAt(lease);
    if (at > now) first = Math.min(first, at);
  }
  firsts.set(state, first);
  return first;
}

/** A lease was granted. */
export function noteOpened(state: TrainState, lease: OpenLease): void {
  const first = firsts.get(state);
  if (first !== undefined) firsts.set(state, Math.min(first, overdueAt(lease)));
}

/** A lease has ended. */
export function noteClosed(state: TrainState, lease: OpenLease): void {
  if (overdueAt(lease) === firsts.get(state)) firsts.delete(state);
}

/** Clocks have moved, or the run was taken back. */
export const forgetOverdue = (state: TrainState): void => void firsts.delete(state);
