import { ERRORS, type ErrorCode } from '@pathfold/protocol/errors';
import type { CoordinatorEvent } from '../events.ts';
import { contributionFacts } from './apply-leases.ts';
import { newRound } from './checkpoints.ts';
import { lend } from './decide-grants.ts';
import { companyOf, type Desk, goesOn } from './desk.ts';
import { hopelessTask } from './failures.ts';
import { watch } from './memory.ts';
import { bytesNeeded } from './room.ts';
import { foldId, type LeaseRecord, type RunRecord, type VolunteerRecord } from './state.ts';
import { inTurn } from './turns.ts';

/**
 * The next decisions, of the first sort of which there are any: what time has ended, what was checked, what the
 * runs' kinds of work want, and last one lease for an idle volunteer. Each sort sees the others' effects applied,
 * so a round that has ended is folded before anybody could still join it.
 */
export function decide(desk: Desk): CoordinatorEvent[] {
  const sorts = [endOverdue, endBanned, admitChecked, followRuns, lend];
  for (const sort of sorts) {
    const events = sort(desk);
    if (events.length > 0) return events;
  }
  desk.memory.granted = 0;
  return [];
}

const ended = (desk: Desk, lease: string, code: ErrorCode): CoordinatorEvent => ({
  at: desk.now,
  type: 'LeaseEnded',
  lease,
  code,
  detail: ERRORS[code].what,
});

/** Leases past their deadline, volunteers past the silence limit. */
function endOverdue(desk: Desk): CoordinatorEvent[] {
  const { state, memory, silenceMs, now } = desk;
  const events: CoordinatorEvent[] = [];
  for (let due = memory.timers.pop(now); due; due = memory.timers.pop(now)) {
    const timer = due.item;
    if (timer.what === 'lease') {
      const lease = state.leases[timer.id];
      if (!lease || lease.contribution || lease.deadlineAt > now) continue;
      events.push(ended(desk, lease.id, 'expired'));
    } else if (timer.what === 'run') {
      if (memory.wakeAt.get(timer.id) !== due.at) continue;
      memory.wakeAt.delete(timer.id);
      memory.pending.runs.add(timer.id);
    } else {
      memory.watched.delete(timer.id);
      const volunteer = state.volunteers[timer.id];
      if (!volunteer || (!volunteer.connected && volunteer.lease === null)) {
        memory.heardAt.delete(timer.id);
        continue;
      }
      const heardAt = Math.max(memory.heardAt.get(timer.id) ?? 0, volunteer.seenAt, state.startedAt);
      if (heardAt + silenceMs > now) watch(memory, timer.id, heardAt + silenceMs);
      else events.push(...fallSilent(desk, volunteer));
    }
  }
  return withoutRepeats(events);
}

function fallSilent(desk: Desk, volunteer: VolunteerRecord): CoordinatorEvent[] {
  const { now, memory } = desk;
  memory.heardAt.delete(volunteer.id);
  const events: CoordinatorEvent[] = [];
  if (volunteer.connected) events.push({ at: now, type: 'VolunteerLost', volunteer: volunteer.id });
  if (volunteer.lease !== null) events.push(ended(desk, volunteer.lease, 'silent'));
  return events;
}

/** A lease can be past its deadline and its holder silent: it ends once. */
function withoutRepeats(events: CoordinatorEvent[]): CoordinatorEvent[] {
  const seen = new Set<string>();
  return events.filter((event) => {
    if (event.type !== 'LeaseEnded') return true;
    const first = !seen.has(event.lease);
    seen.add(event.lease);
    return first;
  });
}

function endBanned(desk: Desk): CoordinatorEvent[] {
  const events: CoordinatorEvent[] = [];
  for (const id of desk.memory.pending.volunteers) {
    const volunteer = desk.state.volunteers[id];
    if (volunteer?.banned && volunteer.lease !== null) events.push(ended(desk, volunteer.lease, 'banned'));
  }
  return events;
}

function admitChecked(desk: Desk): CoordinatorEvent[] {
  const { state, memory } = desk;
  const events: CoordinatorEvent[] = [];
  for (const id of memory.pending.leases) {
    const lease = state.leases[id];
    if (lease?.contribution?.figures) events.push(admit(desk, lease));
  }
  memory.pending.leases.clear();
  return events;
}

function admit(desk: Desk, lease: LeaseRecord): CoordinatorEvent {
  const { state, kinds, now } = desk;
  const { report } = lease.contribution!;
  const run = state.runs[lease.run]!;
  const code = state.volunteers[lease.volunteer]?.banned
    ? 'banned'
    : kinds.get(lease.kind)!.admit(run.works[lease.kind], run.facts, contributionFacts(lease));
  if (code !== null) return { at: now, type: 'ContributionRejected', lease: lease.id, code, detail: ERRORS[code].what };
  const bound = Math.floor((lease.task.tokens * Math.min(report.steps, lease.task.steps)) / lease.task.steps);
  const credit = Math.min(report.tokens, bound);
  const { flops, tokens } = lease.task;
  const counted = flops === undefined ? {} : { flops: Math.round((flops * credit) / tokens) };
  return { at: now, type: 'ContributionAccepted', lease: lease.id, credit, ...counted };
}

/** The wishes of the kinds of work of touched runs: folds, ended rounds; and the run's own end. */
function followRuns(desk: Desk): CoordinatorEvent[] {
  const { state, memory } = desk;
  const events: CoordinatorEvent[] = [];
  for (const id of memory.pending.runs) {
    memory.pending.runs.delete(id);
    const run = state.runs[id];
    if (!run) continue;
    events.push(...followRun(desk, run));
    if (events.length > 0) return events;
  }
  return events;
}

function followRun(desk: Desk, run: RunRecord): CoordinatorEvent[] {
  const { state, memory, kinds, now } = desk;
  const id = run.facts.id;
  if (run.goesBackTo !== undefined) return goBack(desk, run, run.goesBackTo);
  const round = newRound(run);
  if (round !== null) return [{ at: now, type: 'CheckpointTaken', run: id, round }];
  const isTraining = run.state === 'training';
  const reason = isTraining ? hopelessTask(run) : null;
  if (reason !== null) return [{ at: now, type: 'RunStateChanged', run: id, state: 'paused', reason }];
  const events = isTraining ? [] : halt(desk, run);
  const refuted = new Set<string>();
  let done = true;
  let wakeAt = Number.POSITIVE_INFINITY;
  for (const kind of run.kinds) {
    if (!goesOn(desk, run, kind)) continue;
    const plan = kinds.get(kind)!;
    const company = companyOf(state, memory.lending, bytesNeeded(plan, run.facts));
    const wanted = plan.plan(run.works[kind], run.facts, now, company);
    for (const volunteer of wanted.refuted ?? []) {
      // Another kind of work may have taken all of it just now.
      const account = state.volunteers[volunteer] ?? state.forgotten?.[volunteer];
      const credit = refuted.has(volunteer) ? 0 : (account?.credits[id] ?? 0);
      refuted.add(volunteer);
      const lease = wanted.evidence?.[volunteer];
      events.push({ at: now, type: 'CreditWithdrawn', run: id, kind, volunteer, credit, ...(lease && { lease }) });
    }
    for (const lease of wanted.revoke) events.push(ended(desk, lease, 'round_over'));
    for (const fold of wanted.folds) {
      if (run.folds[foldId(kind, fold.key)]) continue;
      events.push({ at: now, type: 'FoldBegun', run: id, kind, fold });
    }
    done &&= wanted.done;
    wakeAt = Math.min(wakeAt, wanted.wakeAt ?? Number.POSITIVE_INFINITY);
  }
  if (events.length > 0) return events;
  if (isTraining && done && !run.ending) return [{ at: now, type: 'RunEnding', run: id }];
  if (isTraining && done) return [{ at: now, type: 'RunStateChanged', run: id, state: 'finished', reason: null }];
  if (wakeAt !== Number.POSITIVE_INFINITY && memory.wakeAt.get(id) !== wakeAt) {
    memory.wakeAt.set(id, wakeAt);
    memory.timers.push(wakeAt, { what: 'run', id });
  }
  const search = memory.searches.get(id);
  if (search) search.again = true;
  else memory.searches.set(id, { idle: inTurn(memory, id), again: false });
  return events;
}

/**
 * A run that does not train takes its leases back, but those of work that was asked for; what already came in is
 * still checked and credited.
 */
function halt(desk: Desk, run: RunRecord): CoordinatorEvent[] {
  const code = run.state === 'paused' ? 'run_paused' : 'run_over';
  return Object.keys(run.leases)
    .filter((id) => {
      const { kind, contribution } = desk.state.leases[id]!;
      return run.deleted || (!contribution && !goesOn(desk, run, kind));
    })
    .map((id) => ended(desk, id, code));
}

/** First all that is out or being checked ends; then the run is taken back. */
function goBack({ state, now }: Desk, run: RunRecord, round: number): CoordinatorEvent[] {
  const leases = Object.keys(run.leases);
  const code = 'rolled_back';
  if (leases.length > 0)
    return leases.map((lease) => {
      const type = state.leases[lease]!.contribution ? 'ContributionRejected' : 'LeaseEnded';
      return { at: now, type, lease, code, detail: ERRORS[code].what };
    });
  const { at: since } = run.checkpoints!.find((checkpoint) => checkpoint.round === round)!;
  return [{ at: now, type: 'RunRolledBack', run: run.facts.id, round, since }];
}
