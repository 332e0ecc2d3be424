import { ERRORS } from '@pathfold/protocol/errors';
import type { Outcome, VolunteerState } from './state.ts';

export type StatusCode =
  | 'stopped'
  | 'connecting'
  | 'testing'
  | 'waiting'
  | 'fetching'
  | 'computing'
  | 'uploading'
  | 'paused'
  | 'finishing'
  | 'offline'
  | 'refused';

export interface Status {
  readonly code: StatusCode;
  /** Plain words for the person at this machine. */
  readonly sentence: string;
}

/** The present activity in words. Derived from the state and from nothing else: true at every moment. */
export function statusOf(state: VolunteerState): Status {
  const { work, wish } = state;
  const active = state.uploads.some((entry) => entry.active);
  if (state.refusal && !work) return { code: 'refused', sentence: refusalOf(state.refusal.code, state.refusal.detail) };
  if (work?.cut)
    return { code: wish === 'paused' ? 'paused' : 'finishing', sentence: 'Stopping: the step in hand is the last.' };
  if (wish === 'stopped') return { code: 'stopped', sentence: `Stopped. Nothing is computed.${keptSentence(state)}` };
  if (wish === 'paused')
    return {
      code: 'paused',
      sentence: active ? 'Paused: what was done so far is being handed in.' : 'Paused. Nothing is computed.',
    };
  const now = activity(state, active);
  return wish === 'finishing' ? { code: 'finishing', sentence: `Finishing, then stopping. ${now.sentence}` } : now;
}

function activity(state: VolunteerState, active: boolean): Status {
  const { link, device, work } = state;
  const cutOff = link.phase !== 'open' && link.failures > 0;
  if (work) {
    if (work.phase === 'computing')
      return {
        code: 'computing',
        sentence: cutOff
          ? 'Computing a piece of work. The coordinator cannot be reached: the work is handed in later.'
          : 'Computing a piece of work.',
      };
    return { code: 'fetching', sentence: 'Fetching the modules and texts of a piece of work.' };
  }
  if (state.wish === 'finishing' && state.answering && !active)
    return { code: 'waiting', sentence: 'An answer to a prompt is written to its end.' };
  if (active) return { code: 'uploading', sentence: 'Handing in a finished piece of work.' };
  if (cutOff)
    return {
      code: 'offline',
      sentence: `The coordinator cannot be reached. Trying again by itself.${keptSentence(state)}`,
    };
  if (link.phase !== 'open') return { code: 'connecting', sentence: 'Connecting to the coordinator.' };
  if (device.phase === 'probing')
    return { code: 'testing', sentence: 'Testing whether this device computes rightly, and how fast.' };
  if (state.uploads.length > 0)
    return { code: 'waiting', sentence: 'A finished piece of work could not be handed in. Trying again by itself.' };
  if (device.phase === 'unknown' && device.failure)
    return { code: 'waiting', sentence: `${ERRORS[device.failure].what} Trying again by itself.` };
  if (state.idle) return { code: 'waiting', sentence: reasonOf(state.idle.code, state.idle.detail) };
  return { code: 'waiting', sentence: 'Waiting for a piece of work.' };
}

function keptSentence(state: VolunteerState): string {
  const count = state.uploads.length;
  if (count === 0) return '';
  return count === 1
    ? ' One finished piece of work is kept and handed in later.'
    : ` ${count} finished pieces of work are kept and handed in later.`;
}

/** The error, this case of it, and what to do. */
function refusalOf(code: string, detail: string): string {
  const entry = entryOf(code);
  if (!entry) return detail;
  return [entry.what, detail === entry.what ? '' : detail, entry.todo].filter(Boolean).join(' ');
}

/** The outcome of a contribution, for people, with advice for a rejected one. Empty when there is nothing to say. */
export const verdictOf = ({ state, code, detail }: Outcome): string =>
  state === 'rejected' ? refusalOf(code ?? '', detail) : code !== null || state === 'folded' ? detail : '';

/** The error, and this case of it or else what to do. */
function reasonOf(code: string, detail: string): string {
  const entry = entryOf(code);
  if (!entry) return detail;
  return `${entry.what} ${detail && detail !== entry.what ? detail : entry.todo}`;
}

const entryOf = (code: string) => (code in ERRORS ? ERRORS[code as keyof typeof ERRORS] : null);
