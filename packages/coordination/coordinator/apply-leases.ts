import { isModelRun } from '../study-run.ts';
import type { ContributionFacts, Line } from '../work-plan.ts';
import { noteAccepted, noteRejected } from './failures.ts';
import { countGrant, countLease, noteIdle, noteMissed } from './memory.ts';
import { endLease, forget, type Handlers, loseLease, tell, touchVolunteer } from './scene.ts';
import type { CoordinatorState, LeaseRecord, VolunteerRecord } from './state.ts';

/** Weight of the newest contribution in a volunteer's measured speed. */
const SPEED_WEIGHT = 0.5;

/** Why a lease ends that its holder could do nothing about. */
const NOT_MISSED = new Set(['round_over', 'run_paused', 'run_over', 'rolled_back', 'banned']);

/** A volunteer that misses a lease lets one more go to others before its turn comes again, then three, seven, …: no more than this. */
const MOST_DOUBLINGS = 10;

const perSecond = (count: number, ms: number): number => (1000 * count) / Math.max(1, ms);

/** Speed is counted in tokens, which only language models have; how long the coordinator was away nobody knows. */
function tellsSpeed({ runs, startedAt }: CoordinatorState, { run, grantedAt }: LeaseRecord): boolean {
  const facts = runs[run]?.facts;
  return (!facts || isModelRun(facts)) && grantedAt >= startedAt;
}

/** Less than this tells nothing about a line. */
const TOLD_MS = 100;
const MOST_DETOUR = 16;

/** Compares the time of a contribution that went by without computing with what the line promises for its bytes. */
function noteDetour(
  volunteer: VolunteerRecord,
  line: Line,
  { contribution, grantedAt }: LeaseRecord,
  at: number,
): void {
  const { bytes, report } = contribution!;
  const { peers, coordinator } = report.downloadedBytes;
  const promisedMs = 1000 * (bytes / line.upBytesPerSecond + (peers + coordinator) / line.downBytesPerSecond);
  if (promisedMs < TOLD_MS) return;
  const detour = Math.min(MOST_DETOUR, Math.max(1, (at - grantedAt - report.computeMs) / promisedMs));
  volunteer.detour = SPEED_WEIGHT * detour + (1 - SPEED_WEIGHT) * (volunteer.detour ?? 1);
}

/** The part of a lease's contribution that a kind may read. */
export function contributionFacts(lease: LeaseRecord): ContributionFacts {
  const { sha256, bytes, report, figures } = lease.contribution!;
  const { id, volunteer, task } = lease;
  return { lease: id, volunteer, key: task.key, sha256, bytes, report, figures: figures ?? {} };
}

export const leaseHandlers: Handlers<
  | 'LeaseGranted'
  | 'LeaseEnded'
  | 'ContributionReceived'
  | 'ContributionChecked'
  | 'ContributionRejected'
  | 'ContributionAccepted'
  | 'CreditWithdrawn'
> = {
  LeaseGranted(scene, event) {
    const { state, memory, touched, at } = scene;
    const { lease: id, run: runId, kind, task } = event;
    const run = state.runs[runId];
    const volunteer = touchVolunteer(scene, event.volunteer);
    if (!run || !volunteer) return;
    state.leaseCount++;
    countGrant(memory, state.leaseCount);
    const deadlineAt = at + task.durationMs;
    const lease = { id, run: runId, kind, volunteer: volunteer.id, task, grantedAt: at, deadlineAt };
    state.leases[id] = { ...lease, contribution: null };
    run.leases[id] = true;
    countLease(memory, lease, volunteer.origin);
    run.grantedAt = at;
    volunteer.lease = id;
    volunteer.wantsWork = false;
    volunteer.grantCount++;
    if (task.path !== null) volunteer.paths[runId] = task.path;
    noteIdle(memory, volunteer);
    memory.timers.push(deadlineAt, { what: 'lease', id });
    touched.runs.add(runId);
    tell(scene, run, kind, { type: 'granted', lease: id, volunteer: volunteer.id, task });
  },

  LeaseEnded(scene, event) {
    const lease = scene.state.leases[event.lease];
    if (!lease || (lease.contribution && !scene.state.runs[lease.run]?.deleted)) return;
    const volunteer = scene.state.volunteers[lease.volunteer];
    if (event.code === 'expired' && volunteer && tellsSpeed(scene.state, lease)) {
      const most = perSecond(lease.task.tokens, scene.at - lease.grantedAt) / 2;
      volunteer.tokensPerSecond = volunteer.isMeasured ? Math.min(volunteer.tokensPerSecond, most) : most;
      volunteer.isMeasured = true;
    }
    if (volunteer && !NOT_MISSED.has(event.code)) {
      volunteer.missed = (volunteer.missed ?? 0) + 1;
      volunteer.standsBackUntil = scene.state.leaseCount + 2 ** Math.min(volunteer.missed, MOST_DOUBLINGS) - 1;
      noteMissed(scene.memory, volunteer);
    }
    loseLease(scene, lease);
  },

  ContributionReceived(scene, event) {
    const { state, memory, touched, at } = scene;
    const lease = state.leases[event.lease];
    const run = lease && state.runs[lease.run];
    if (!lease || !run || lease.contribution) return;
    const { sha256, bytes, report } = event;
    lease.contribution = { sha256, bytes, report, figures: null };
    const volunteer = touchVolunteer(scene, lease.volunteer);
    if (volunteer) {
      volunteer.lease = null;
      volunteer.seenAt = at;
      noteIdle(memory, volunteer);
      forget(scene, volunteer);
    }
    // A token that is only scored takes a third of the arithmetic of one that is trained on.
    if (volunteer && lease.task.path !== null && tellsSpeed(scene.state, lease)) {
      const speed = perSecond(Math.min(report.tokens, lease.task.tokens), at - lease.grantedAt);
      const known = volunteer.isMeasured ? volunteer.tokensPerSecond : speed;
      volunteer.tokensPerSecond = SPEED_WEIGHT * speed + (1 - SPEED_WEIGHT) * known;
      volunteer.isMeasured = true;
    }
    if (volunteer?.line) noteDetour(volunteer, volunteer.line, lease, at);
    touched.runs.add(lease.run);
    tell(scene, run, lease.kind, { type: 'received', lease: lease.id, key: lease.task.key });
  },

  ContributionChecked(scene, event) {
    const contribution = scene.state.leases[event.lease]?.contribution;
    if (!contribution || contribution.figures) return;
    contribution.figures = event.figures;
    scene.touched.leases.add(event.lease);
  },

  ContributionRejected(scene, event) {
    const lease = scene.state.leases[event.lease];
    if (!lease?.contribution) return;
    const volunteer = scene.state.volunteers[lease.volunteer];
    if (volunteer) volunteer.rejectedCount++;
    const run = scene.state.runs[lease.run];
    if (run) noteRejected(run, lease, volunteer?.origin ?? lease.volunteer, event.code);
    loseLease(scene, lease);
  },

  ContributionAccepted(scene, event) {
    const lease = scene.state.leases[event.lease];
    if (!lease?.contribution) return;
    const volunteer = scene.state.volunteers[lease.volunteer];
    if (volunteer) {
      volunteer.credit += event.credit;
      volunteer.credits[lease.run] = (volunteer.credits[lease.run] ?? 0) + event.credit;
      volunteer.acceptedCount++;
      delete volunteer.missed;
      delete volunteer.standsBackUntil;
      noteIdle(scene.memory, volunteer);
    }
    const run = scene.state.runs[lease.run];
    if (run) {
      noteAccepted(run, lease);
      const contribution = contributionFacts(lease);
      tell(scene, run, lease.kind, { type: 'accepted', contribution, ...(volunteer?.trusted && { trusted: true }) });
    }
    endLease(scene, lease);
  },

  CreditWithdrawn(scene, event) {
    const account = touchVolunteer(scene, event.volunteer) ?? scene.state.forgotten?.[event.volunteer];
    if (account) {
      account.credit -= event.credit;
      delete account.credits[event.run];
    }
    const run = scene.state.runs[event.run];
    if (!run) return;
    tell(scene, run, event.kind, { type: 'withdrawn', volunteer: event.volunteer });
    scene.touched.runs.add(event.run);
  },
};
