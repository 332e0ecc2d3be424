import type { Down } from '@pathfold/protocol/down';
import { find, patch, record } from './apply-uploads.ts';
import { forgetDevice, giveBack, lose } from './apply-work.ts';
import type { VolunteerState } from './state.ts';

const FATAL = new Set(['protocol_too_old', 'protocol_too_new', 'banned', 'bad_signature', 'replaced']);
/** Rejections after which the device must pass its self-test again. */
const SUSPECT = new Set(['not_finite', 'norm_out_of_bounds']);

/** The changes by a message of the coordinator. */
export function hear(state: VolunteerState, message: Down, at: number): void {
  const { link } = state;
  switch (message.type) {
    case 'welcome': {
      // A repetition names the leases of a while ago.
      if (link.phase === 'open') return;
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
      if (state.known.includes(message.lease)) return;
      know(state, message.lease);
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
      // It may overtake the lease itself, which then never was.
      if (!state.known.includes(message.lease)) {
        know(state, message.lease);
        link.asked = false;
      }
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

const MOST_KNOWN = 50;

function know(state: VolunteerState, lease: string): void {
  state.known = [lease, ...state.known].slice(0, MOST_KNOWN);
}
