import type { CoordinatorState } from '../coordinator/state.ts';
import type { CoordinatorEvent } from '../events.ts';
import type { VirtualVolunteer } from './volunteer/volunteer.ts';

const noFaults = {
  ...{ joins: 0, crashes: 0, stalls: 0, reloads: 0, splits: 0 },
  ...{ duplicates: 0, reorderings: 0, restarts: 0, rollbacks: 0 },
};
export type Faults = typeof noFaults;

/** Counts what went wrong, and what came of the time that was lent. */
export class Tally {
  readonly faults: Faults = { ...noFaults };
  /** Leases whose contributions were ever accepted. */
  readonly accepted = new Set<string>();
  readonly #claimedMs = new Map<string, number>();
  #usefulMs = 0;

  see(event: CoordinatorEvent): void {
    if (event.type === 'RunRolledBack') this.faults.rollbacks++;
    if (event.type === 'ContributionReceived') this.#claimedMs.set(event.lease, event.report.computeMs);
    if (event.type !== 'ContributionAccepted') return;
    this.accepted.add(event.lease);
    this.#usefulMs += this.#claimedMs.get(event.lease) ?? 0;
    this.#claimedMs.delete(event.lease);
  }

  /** Time computed for accepted contributions, over the time that machines were lent, leases under way left out. */
  utilisation(volunteers: readonly VirtualVolunteer[], { leases }: CoordinatorState, now: number): number {
    const lentMs = volunteers.reduce((sum, volunteer) => sum + volunteer.lentMs, 0);
    const underWayMs = Object.values(leases).reduce((sum, { grantedAt }) => sum + now - grantedAt, 0);
    return this.#usefulMs / (lentMs - underWayMs);
  }
}
