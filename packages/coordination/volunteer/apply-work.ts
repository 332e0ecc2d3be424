import { forget, pending, record } from './apply-uploads.ts';
import { backoffMs } from './backoff.ts';
import type { VolunteerEvent } from './events.ts';
import type { Upload, VolunteerState } from './state.ts';

/** Failures of the device itself: it is probed again before more work is asked for. */
const DEVICE_FAULTS = new Set(['device_lost', 'out_of_memory', 'worker_crashed']);

/** The device must show again that it computes rightly. */
export function forgetDevice(state: VolunteerState): void {
  if (state.device.phase !== 'probing') state.device = { phase: 'unknown', retryAt: 0, failure: null };
}

/** The coordinator took the lease away: one not yet begun vanishes, else its worker must let go first. */
export function lose(state: VolunteerState): void {
  if (state.work?.phase === 'granted') state.work = null;
  else if (state.work) state.work.lost = true;
}

/** The compute side let go of the work: what came of it is to be handed in, or the lease is given back. */
export function endWork(state: VolunteerState, lease: string, upload: Upload | null, at: number): void {
  const { work } = state;
  if (work?.lease.lease !== lease) return;
  state.work = null;
  if (work.cut?.killed) forgetDevice(state);
  if (work.lost) return;
  if (upload && work.cut?.keep !== false) state.uploads.push(pending(upload, at));
  else giveBack(state, lease, 'user', work.cut ? 'Stopped by the person.' : 'Nothing was done in time.');
}

/**
 * The work failed: the lease is given back with the reason, and more is asked for after a pause. Where it was cut short
 * that is why it failed, and no fault of this machine.
 */
export function failWork(state: VolunteerState, event: Extract<VolunteerEvent, { type: 'WorkFailed' }>): void {
  const { work } = state;
  if (work?.lease.lease !== event.lease) return;
  state.work = null;
  const deviceFault = DEVICE_FAULTS.has(event.code);
  if (work.cut) {
    if (work.cut.killed || deviceFault) forgetDevice(state);
    if (!work.lost) giveBack(state, event.lease, 'user', 'Stopped by the person.');
    return;
  }
  state.faults++;
  state.askAt = event.at + backoffMs(state.faults, event.chance);
  if (deviceFault) state.device = { phase: 'unknown', retryAt: state.askAt, failure: event.code };
  if (!work.lost) giveBack(state, event.lease, event.code, event.detail.slice(0, 400));
}

/** Refusals after which the coordinator holds the lease no more. */
const OVER = new Set(['lease_ended', 'lease_unknown', 'already_contributed']);

/** The coordinator does not take a contribution. A lease that it still holds is given back, and more asked for after a pause. */
export function refuseUpload(
  state: VolunteerState,
  { lease, code, detail, at }: Extract<VolunteerEvent, { type: 'UploadRefused' }>,
): void {
  forget(state, lease);
  record(state, { lease, state: 'rejected', code, detail, at });
  if (OVER.has(code)) return;
  state.faults++;
  state.askAt = at + backoffMs(state.faults, 0.5);
  giveBack(state, lease, code, detail.slice(0, 400));
}

/** Without a socket nothing is said: the next welcome names the lease, and it is given back then. */
export function giveBack(state: VolunteerState, lease: string, code: string, detail: string): void {
  if (state.link.phase === 'open') state.returns.push({ lease, code, detail });
}
