import type { RunFacts, VolunteerFacts } from '@pathfold/coordination/work-plan';
import { DEADLINE_MARGIN } from '../../deadline.ts';
import { median, type OpenLease, type Pace, type TrainState } from '../state.ts';
import type { StepsReason } from '../task.ts';
import { stepMsOf } from './training-task.ts';

/** Weight of the newest contribution in a volunteer's measured pace, and how many times it may move it. */
const NEWEST_WEIGHT = 0.5;
const MOST_CHANGE = 4;
/** The fastest counts as at most so many times as fast as the middle one: who lies about its work starves nobody. */
const MOST_AHEAD = 4;
/** Devices differ by so much and more; lies by any factor. */
const MOST_BELIEVED = 16;
/** Paces are forgotten after so long; there may be thousands, so that it is seen to so often. */
const FORGET_MS = 3_600_000;
const FORGET_EVERY_MS = 60_000;

/** A contribution of `steps` steps came in: its volunteer's pace, by the coordinator's clock alone. */
export function notePace(state: TrainState, lease: OpenLease, steps: number, at: number): void {
  const measured = Math.max(1, at - lease.grantedAt) / steps;
  const known = state.paces[lease.volunteer]?.stepMs ?? measured;
  const bounded = Math.min(MOST_CHANGE * known, Math.max(known / MOST_CHANGE, measured));
  const stepMs = NEWEST_WEIGHT * bounded + (1 - NEWEST_WEIGHT) * known;
  state.paces[lease.volunteer] = { stepMs, at };
  if (at - (state.pacesForgottenAt ?? 0) < FORGET_EVERY_MS) return;
  for (const [volunteer, pace] of Object.entries(state.paces))
    if (at - pace.at > FORGET_MS) delete state.paces[volunteer];
  state.pacesForgottenAt = at;
}

/**
 * Steps that a lease counts with at arrivals. Nothing tells whether steps were taken: they are believed as far as a
 * device `MOST_BELIEVED` times as fast as the fastest of all others could have taken them since the grant.
 */
export function believedSteps(state: TrainState, run: RunFacts, lease: OpenLease, steps: number, at: number): number {
  let fastest = Number.POSITIVE_INFINITY;
  for (const [volunteer, pace] of Object.entries(state.paces))
    if (volunteer !== lease.volunteer && isLately(run, at)(pace)) fastest = Math.min(fastest, pace.stepMs);
  if (fastest === Number.POSITIVE_INFINITY) return steps;
  return Math.min(steps, (MOST_BELIEVED * Math.max(1, at - lease.grantedAt)) / fastest);
}

const isLately =
  ({ spec }: RunFacts, now: number) =>
  ({ at }: Pace): boolean =>
    now - at <= spec.roundDeadlineMs;

/** Milliseconds a step of the fastest volunteer that has been at work lately; null while none was measured. */
export function fastestOf(state: TrainState, run: RunFacts, now: number): number | null {
  const times = Object.values(state.paces)
    .filter(isLately(run, now))
    .map(({ stepMs }) => stepMs);
  return times.length === 0 ? null : Math.max(Math.min(...times), median(times) / MOST_AHEAD);
}

export interface PacedSteps {
  readonly steps: number;
  readonly stepMs: number;
  readonly reason: StepsReason;
}

/**
 * DyLU (Async Local-SGD section 4.2): H for the fastest, and for the others as many steps as they take in the same
 * time, so that all report together. What a volunteer claims counts only before its first contribution, and never as
 * faster than the fastest that was measured. `whole`: H, or what the path has left. At most what a lease has time for.
 */
export function pacedSteps(
  state: TrainState,
  run: RunFacts,
  volunteer: VolunteerFacts,
  fastest: number | null,
  whole: number,
): PacedSteps {
  const { roundDeadlineMs, async } = run.spec;
  const claimed = Math.max(stepMsOf(run, volunteer.tokensPerSecond), fastest ?? 0);
  const stepMs = state.paces[volunteer.id]?.stepMs ?? claimed;
  const timesSlower = fastest === null ? 1 : Math.max(1, stepMs / fastest);
  const possible = Math.max(1, Math.floor((DEADLINE_MARGIN * roundDeadlineMs) / stepMs));
  const paced = async.dynamicSteps ? Math.floor(whole / timesSlower + 1e-9) : whole;
  const wanted = Math.min(whole, Math.max(paced, async.leastSteps));
  const steps = Math.min(wanted, possible);
  const because = steps < wanted ? 'lease' : wanted > paced ? 'least' : wanted < whole ? 'pace' : 'whole';
  return { steps, stepMs, reason: { because, whole, timesSlower: Math.round(100 * timesSlower) / 100 } };
}
