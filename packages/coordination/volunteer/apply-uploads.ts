import type { Outcome, PendingUpload, Upload, VolunteerState } from './state.ts';

export const pending = (upload: Upload, at: number): PendingUpload => ({
  upload,
  failures: 0,
  retryAt: at,
  active: false,
  dropped: false,
});

export const find = (state: VolunteerState, lease: string) =>
  state.uploads.find((entry) => entry.upload.lease === lease);

export function patch(state: VolunteerState, lease: string, change: (entry: PendingUpload) => void): void {
  const entry = find(state, lease);
  if (entry) change(entry);
}

export function forget(state: VolunteerState, lease: string): void {
  state.uploads = state.uploads.filter((entry) => entry.upload.lease !== lease);
}

/** An outcome only goes forward, in whatever order the socket and HTTP tell it. */
const RANK = { received: 0, checked: 1, folded: 2, rejected: 3 } as const;

/** The verdict of an outcome on the state that the work left behind: null until it is decided. */
const isAccepted = ({ state }: Outcome) => (state === 'received' ? null : state !== 'rejected');

/** Notes what became of a contribution. */
export function record(state: VolunteerState, outcome: Outcome): void {
  const known = state.outcomes.find((entry) => entry.lease === outcome.lease);
  if (known && RANK[outcome.state] < RANK[known.state]) return;
  const accepted = isAccepted(outcome);
  if (accepted !== null && (!known || isAccepted(known) !== accepted))
    state.verdicts.push({ lease: outcome.lease, accepted });
  if (known) Object.assign(known, { state: outcome.state, code: outcome.code, detail: outcome.detail });
  else state.outcomes = [outcome, ...state.outcomes].slice(0, 50);
}
