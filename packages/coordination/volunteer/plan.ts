import type { Decision } from './events.ts';
import type { PendingUpload, VolunteerState } from './state.ts';

/** A socket that is not welcomed within this time is given up. */
const OPENING_MS = 15_000;
/** Computing that does not stop within this time after a cut has its worker ended: the second when the person said stop. */
const STEP_MS = 10_000;
const STOP_MS = 900;
/** How long `finish` waits for the end of an answer in hand: as long as one may take where the operator set no other time. */
const ANSWER_MS = 60_000;
/** How long `finish` waits to hear whether the last contribution was accepted. */
const SETTLE_MS = 5_000;

/**
 * Decides what to do now: events, for the host to apply at once and then carry out. Applying them and asking again
 * answers an empty list.
 */
export function plan(state: VolunteerState, now: number): Decision[] {
  const decided: Decision[] = [];
  const decide = (decision: DistributiveOmit<Decision, 'at'>) => decided.push({ ...decision, at: now } as Decision);
  const { link, device, work } = state;
  const takesPart = state.wish !== 'stopped' && state.refusal === null;

  if (link.phase === 'open') {
    for (const entry of state.returns) decide({ type: 'MessageSent', message: { type: 'release', ...entry } });
    if (link.asked && !(state.wish === 'running' && device.phase === 'ready'))
      decide({ type: 'MessageSent', message: { type: 'away' } });
    else if (asksForWork(state, now) && device.phase === 'ready')
      decide({
        type: 'MessageSent',
        message: {
          type: 'ready',
          executor: device.executor,
          memoryBytes: device.memoryBytes,
          ...(state.prefers === null ? {} : { prefers: state.prefers }),
          ...lineIn(state),
        },
      });
    if (now >= link.beatAt + link.heartbeatMs) {
      if (work && !work.lost)
        decide({
          type: 'MessageSent',
          message: {
            type: 'progress',
            lease: work.lease.lease,
            steps: work.steps,
            loss: work.loss,
            tokensPerSecond: work.tokensPerSecond,
          },
        });
      decide({ type: 'MessageSent', message: { type: 'ping' } });
    }
  }
  const patience = link.phase === 'open' ? link.silenceMs : OPENING_MS;
  const silent = link.phase !== 'closed' && now >= link.heardAt + patience;
  if (link.phase !== 'closed') {
    if (silent || (!takesPart && !work)) decide({ type: 'LinkCut' });
  } else if (takesPart && now >= link.retryAt) decide({ type: 'ConnectBegan' });

  const needsDevice = takesPart && state.wish === 'running';
  if (device.phase === 'probing' && !(needsDevice && device.choice === state.choice)) decide({ type: 'ProbeKilled' });
  if (needsDevice && !work && device.phase === 'unknown' && now >= device.retryAt)
    decide({ type: 'ProbeBegan', choice: state.choice });

  if (work?.phase === 'granted') decide({ type: 'WorkBegan', lease: work.lease.lease });
  else if (work) {
    const keep = takesPart && !work.lost;
    const wanted = keep && state.wish !== 'paused';
    if (!wanted && (!work.cut || (work.cut.keep && !keep))) decide({ type: 'WorkCut', lease: work.lease.lease, keep });
    else if (work.cut && !work.cut.killed && now >= killAt(state, work.cut.at))
      decide({ type: 'WorkKilled', lease: work.lease.lease });
  }

  for (const { lease, accepted } of state.verdicts)
    decide({ type: accepted ? 'StateCommitted' : 'StateDropped', lease });

  for (const entry of state.uploads) {
    const lease = entry.upload.lease;
    if (entry.dropped) decide({ type: 'UploadDropped', lease });
    else if (entry.active && (silent || !takesPart)) decide({ type: 'UploadCut', lease });
  }
  if (takesPart && !state.uploads.some((entry) => entry.active)) {
    const next = state.uploads.find((entry) => !entry.dropped && now >= entry.retryAt && mayReach(state, entry));
    if (next) decide({ type: 'UploadBegan', lease: next.upload.lease });
  }

  if (state.wish === 'finishing' && isFinished(state, now)) decide({ type: 'Stopped' });
  return decided;
}

/** When to plan again even if nothing happens, later than `now`; null when nothing is due. */
export function wakeAt(state: VolunteerState, now: number): number | null {
  const { link, device, work } = state;
  const due: number[] = [];
  const takesPart = state.wish !== 'stopped' && state.refusal === null;
  if (link.phase === 'open') due.push(link.beatAt + link.heartbeatMs, link.heardAt + link.silenceMs);
  if (link.phase === 'opening') due.push(link.heardAt + OPENING_MS);
  if (link.phase === 'closed' && takesPart) due.push(link.retryAt);
  if (takesPart && state.wish === 'running' && !work) {
    if (device.phase === 'unknown') due.push(device.retryAt);
    else if (link.phase === 'open' && !link.asked && state.uploads.length === 0) due.push(state.askAt);
  }
  if (work?.cut && !work.cut.killed) due.push(killAt(state, work.cut.at));
  if (takesPart && !state.uploads.some((entry) => entry.active))
    for (const entry of state.uploads) due.push(entry.retryAt);
  if (state.wish === 'finishing' && state.answering) due.push(state.finishAskedAt + ANSWER_MS);
  if (state.wish === 'finishing')
    for (const outcome of state.outcomes) if (outcome.state === 'received') due.push(outcome.at + SETTLE_MS);
  const next = Math.min(...due.filter((time) => time > now));
  return Number.isFinite(next) ? next : null;
}

function lineIn({ line: { upBytesPerSecond, downBytesPerSecond } }: VolunteerState) {
  return upBytesPerSecond === null || downBytesPerSecond === null
    ? {}
    : { line: { upBytesPerSecond, downBytesPerSecond } };
}

const killAt = (state: VolunteerState, cutAt: number) => cutAt + (state.wish === 'stopped' ? STOP_MS : STEP_MS);

/** A request that failed once waits for the coordinator to be there again. */
const mayReach = ({ link }: VolunteerState, { failures }: PendingUpload) => failures === 0 || link.phase === 'open';

/** One lease at a time, and none while a contribution is still here: that is the volunteer's back-pressure. */
function asksForWork(state: VolunteerState, now: number): boolean {
  return (
    state.wish === 'running' &&
    state.refusal === null &&
    !state.link.asked &&
    !state.work &&
    state.uploads.length === 0 &&
    now >= state.askAt
  );
}

/** Nothing is computed or answered, and every contribution is handed in and judged, or kept for the next visit after a failure. */
function isFinished(state: VolunteerState, now: number): boolean {
  return (
    !state.work &&
    !(state.answering && now < state.finishAskedAt + ANSWER_MS) &&
    state.uploads.every((entry) => entry.failures > 0 && !entry.active) &&
    !state.outcomes.some((outcome) => outcome.state === 'received' && now < outcome.at + SETTLE_MS)
  );
}

type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;
