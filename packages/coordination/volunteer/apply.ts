import { hear } from './apply-heard.ts';
import { find, forget, patch, pending, record } from './apply-uploads.ts';
import { endWork, failWork, forgetDevice, refuseUpload } from './apply-work.ts';
import { backoffMs } from './backoff.ts';
import type { VolunteerEvent } from './events.ts';
import type { VolunteerState } from './state.ts';

/** Fewer tell how long an answer takes, not how fast the line is. */
const MEASURED_BYTES = 32 * 1024;

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
      if (state.wish === 'stopped') return;
      state.wish = 'finishing';
      state.finishAskedAt = event.at;
      return;
    case 'StopAsked':
    case 'Stopped':
      state.wish = 'stopped';
      return;
    case 'Throttled':
      state.throttle = Math.min(1, Math.max(0.05, event.throttle));
      return;
    case 'Preferred':
      // A wish that changes while it waits is told anew.
      if (state.prefers !== event.run) link.asked = false;
      state.prefers = event.run;
      return;
    case 'LineMeasured':
      if (event.bytes >= MEASURED_BYTES)
        state.line[`${event.direction}BytesPerSecond`] = Math.max(1, (1000 * event.bytes) / Math.max(1, event.ms));
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
    case 'ProbeKilled':
      state.device = { phase: 'unknown', retryAt: event.at, failure: null };
      return;
    case 'DeviceReady':
      state.device = { phase: 'ready', executor: event.executor, memoryBytes: event.memoryBytes };
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
    case 'Answering':
      state.answering = event.on;
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
        u.failures++;
        u.retryAt = event.at;
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
      refuseUpload(state, event);
      return;
    case 'UploadDropped':
      forget(state, event.lease);
      return;
    case 'StateCommitted':
    case 'StateDropped':
      state.verdicts = state.verdicts.filter((verdict) => verdict.lease !== event.lease);
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
