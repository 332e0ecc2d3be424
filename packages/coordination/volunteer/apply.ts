import type { Down } from '@pathfold/protocol/down';
import { backoffMs } from './backoff.ts';
import type { VolunteerEvent } from './events.ts';
import type { Outcome, PendingUpload, Upload, VolunteerState } from './state.ts';

const FATAL = new Set(['protocol_too_old', 'protocol_too_new', 'banned', 'bad_signature', 'replaced']);
/** Rejections after which the device must pass its self-test again. */
const SUSPECT = new Set(['not_finite', 'norm_out_of_bounds']);
/** Failures of the device itself: it is probed again before more work is asked for. */
const DEVICE_FAULTS = new Set(['device_lost', 'out_of_memory', 'worker_crashed']);
/** Trying again would find the same. */
const UNFIT = new Set(['self_test_failed', 'no_device']);

/** Folds one event into the state, in place. */
export function apply(state: VolunteerState, event: VolunteerEvent): void {
  const { link } = state;
  switch (event.type) {
    case 'Started':
      if (state.choice !== event.choice || state.device.phase !== 'ready') forgetDevice(state);
      state.choice = event.choice;
      begin(state, event.at);
      return;
    case 'Paused':
      if (state.wish === 'running') state.wish = 'paused';
      return;
    case 'Resumed':
      if (state.wish !== 'stopped') state.wish = 'running';
      return;
    case 'FinishAsked':
      if (state.wish !== 'stopped') state.wish = 'finishing';
      return;
    case 'StopAsked':
    case 'Stopped':
      state.wish = 'stopped';
      return;
    case 'Throttled':
      state.throttle = Math.min(1, Math.max(0.05, event.throttle));
      return;
    case 'ResumeRestored':
      state.resume ??= event.resume;
      return;

    case 'ConnectBegan':
      link.phase = 'opening';
      link.heardAt = event.at;
      return;
    case 'LinkCut':
      close(state, event.at, 0.5);
      return;
    case 'SocketClosed':
      if (link.phase !== 'closed') close(state, event.at, event.chance);
      return;
    case 'MessageSent':
      sent(state, event.message.type, 'lease' in event.message ? event.message.lease : null, event.at);
      return;
    case 'Heard':
      if (link.phase === 'closed') return;
      link.heardAt = event.at;
      hear(state, event.message, event.at);
      return;

    case 'ProbeBegan':
      state.device = { phase: 'probing', choice: event.choice };
      return;
    case 'DeviceReady':
      if (state.device.phase === 'probing' && state.device.choice !== state.choice)
        state.device = { phase: 'unknown', retryAt: event.at, failure: null };
      else state.device = { phase: 'ready', executor: event.executor, memoryBytes: event.memoryBytes };
      return;
    case 'DeviceFailed':
      state.faults++;
      state.device = {
        phase: 'unknown',
        failure: event.code,
        retryAt: event.at + backoffMs(state.faults + 2, event.chance),
      };
      if (UNFIT.has(event.code)) state.refusal = { code: event.code, detail: event.detail };
      return;

    case 'WorkBegan':
      if (state.work) state.work.phase = 'fetching';
      return;
    case 'WorkFetched':
      if (state.work?.lease.lease === event.lease && state.work.phase === 'fetching') state.work.phase = 'computing';
      return;
    case 'WorkProgressed':
      if (state.work?.lease.lease !== event.lease) return;
      state.work.phase = 'computing';
      state.work.steps = event.steps;
      state.work.loss = event.loss;
      state.work.tokensPerSecond = event.tokensPerSecond;
      return;
    case 'WorkCut':
      if (state.work) state.work.cut = { at: event.at, keep: event.keep, killed: false };
      return;
    case 'WorkKilled':
      if (state.work?.cut) state.work.cut.killed = true;
      return;
    case 'WorkEnded':
      endWork(state, event.lease, event.upload, event.at);
      return;
    case 'WorkFailed':
      failWork(state, event);
      return;

    case 'UploadsRestored':
      for (const upload of event.uploads) if (!find(state, upload.lease)) state.uploads.push(pending(upload, event.at));
      return;
    case 'UploadBegan':
      patch(state, event.lease, (u) => {
        u.active = true;
      });
      return;
    case 'UploadCut':
      patch(state, event.lease, (u) => {
        u.active = false;
      });
      return;
    case 'UploadFailed':
      patch(state, event.lease, (u) => {
        if (!u.active) return;
        u.active = false;
        u.failures++;
        u.retryAt = event.at + backoffMs(u.failures, event.chance);
      });
      return;
    case 'UploadEnded':
      forget(state, event.lease);
      record(state, { lease: event.lease, state: 'received', code: null, detail: '', at: event.at });
      return;
    case 'UploadRefused':
      forget(state, event.lease);
      record(state, { lease: event.lease, state: 'rejected', code: event.code, detail: event.detail, at: event.at });
      return;
    case 'UploadDropped':
      forget(state, event.lease);
      return;
    case 'Woke':
      return;
  }
}

function begin(state: VolunteerState, at: number): void {
  state.wish = 'running';
  state.refusal = null;
  state.faults = 0;
  state.askAt = at;
  state.link.failures = 0;
  state.link.retryAt = at;
  for (const entry of state.uploads) entry.retryAt = at;
}

function forgetDevice(state: VolunteerState): void {
  if (state.device.phase !== 'probing') state.device = { phase: 'unknown', retryAt: 0, failure: null };
}

function close(state: VolunteerState, at: number, chance: number): void {
  const { link } = state;
  link.phase = 'closed';
  link.failures++;
  link.retryAt = at + backoffMs(link.failures, chance);
  link.asked = false;
  state.idle = null;
  // A lease that could not be given back is named by the next welcome, and given back then.
  state.returns = [];
}

function sent(state: VolunteerState, type: string, lease: string | null, at: number): void {
  if (type === 'ready') {
    state.link.asked = true;
    state.idle = null;
  } else if (type === 'away') state.link.asked = false;
  else if (type === 'ping') state.link.beatAt = at;
  else if (type === 'release') state.returns = state.returns.filter((entry) => entry.lease !== lease);
}

function hear(state: VolunteerState, message: Down, at: number): void {
  const { link } = state;
  switch (message.type) {
    case 'welcome': {
      link.phase = 'open';
      link.failures = 0;
      link.beatAt = at;
      link.heartbeatMs = message.heartbeatMs;
      link.silenceMs = message.silenceMs;
      link.asked = false;
      state.volunteer = message.volunteer;
      state.resume = message.resume;
      state.credit = message.credit;
      const held = new Set(message.leases);
      if (state.work && !held.has(state.work.lease.lease)) lose(state);
      for (const lease of held)
        if (state.work?.lease.lease !== lease && !find(state, lease))
          giveBack(state, lease, 'user', 'This volunteer does not hold it any more.');
      return;
    }
    case 'lease':
      link.asked = false;
      state.idle = null;
      if (state.work || state.wish !== 'running' || state.device.phase !== 'ready')
        giveBack(state, message.lease, 'user', 'This volunteer did not ask for it.');
      else
        state.work = {
          lease: message,
          grantedAt: at,
          phase: 'granted',
          steps: 0,
          loss: null,
          tokensPerSecond: 0,
          lost: false,
          cut: null,
        };
      return;
    case 'revoke':
      if (state.work?.lease.lease === message.lease) lose(state);
      patch(state, message.lease, (u) => {
        u.dropped = true;
        record(state, { lease: message.lease, state: 'rejected', code: message.code, detail: message.detail, at });
      });
      return;
    case 'settled':
      state.credit = message.credit;
      record(state, { lease: message.lease, state: message.state, code: message.code, detail: message.detail, at });
      if (message.state === 'rejected' && SUSPECT.has(message.code ?? '')) forgetDevice(state);
      if (message.state === 'checked' || message.state === 'folded') state.faults = 0;
      return;
    case 'idle':
      state.idle = { code: message.code, detail: message.detail };
      return;
    case 'error':
      if (FATAL.has(message.code)) state.refusal = { code: message.code, detail: message.detail };
      return;
  }
}

/** The coordinator took the lease away: one not yet begun vanishes, else its worker must let go first. */
function lose(state: VolunteerState): void {
  if (state.work?.phase === 'granted') state.work = null;
  else if (state.work) state.work.lost = true;
}

function endWork(state: VolunteerState, lease: string, upload: Upload | null, at: number): void {
  const { work } = state;
  if (work?.lease.lease !== lease) return;
  state.work = null;
  if (work.lost) return;
  if (upload && work.cut?.keep !== false) state.uploads.push(pending(upload, at));
  else giveBack(state, lease, 'user', work.cut ? 'Stopped by the person.' : 'Nothing was done in time.');
}

function failWork(state: VolunteerState, event: Extract<VolunteerEvent, { type: 'WorkFailed' }>): void {
  const { work } = state;
  if (work?.lease.lease !== event.lease) return;
  state.work = null;
  const deviceFault = DEVICE_FAULTS.has(event.code);
  if (work.cut?.killed) {
    state.device = { phase: 'unknown', retryAt: event.at, failure: null };
    if (!work.lost) giveBack(state, event.lease, 'user', 'Stopped by the person.');
    return;
  }
  state.faults++;
  state.askAt = event.at + backoffMs(state.faults, event.chance);
  if (deviceFault) state.device = { phase: 'unknown', retryAt: state.askAt, failure: event.code };
  if (UNFIT.has(event.code)) state.refusal = { code: event.code, detail: event.detail };
  if (!work.lost) giveBack(state, event.lease, event.code, event.detail.slice(0, 400));
}

function giveBack(state: VolunteerState, lease: string, code: string, detail: string): void {
  if (state.link.phase === 'open') state.returns.push({ lease, code, detail });
}

const pending = (upload: Upload, at: number): PendingUpload => ({
  upload,
  failures: 0,
  retryAt: at,
  active: false,
  dropped: false,
});

const find = (state: VolunteerState, lease: string) => state.uploads.find((entry) => entry.upload.lease === lease);

function patch(state: VolunteerState, lease: string, change: (entry: PendingUpload) => void): void {
  const entry = find(state, lease);
  if (entry) change(entry);
}

function forget(state: VolunteerState, lease: string): void {
  state.uploads = state.uploads.filter((entry) => entry.upload.lease !== lease);
}

const RANK = { received: 0, checked: 1, folded: 2, rejected: 3 } as const;

function record(state: VolunteerState, outcome: Outcome): void {
  const known = state.outcomes.find((entry) => entry.lease === outcome.lease);
  if (!known) state.outcomes = [outcome, ...state.outcomes].slice(0, 50);
  else if (RANK[outcome.state] >= RANK[known.state])
    Object.assign(known, { state: outcome.state, code: outcome.code, detail: outcome.detail });
}
