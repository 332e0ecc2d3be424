import type { CoordinatorEvent } from '../events.ts';
import { type Line, openTo, type Task } from '../work-plan.ts';
import { companyOf, type Desk, goesOn } from './desk.ts';
import { isIdle } from './memory.ts';
import { bytesNeeded, hasRoom } from './room.ts';
import type { RunRecord, VolunteerRecord } from './state.ts';
import { inTurn, standsBack } from './turns.ts';

/** Idle volunteers asked about in one pass: bounds what a pass may cost. */
const SEARCH_BUDGET = 4;

/** Leases granted before the mind comes to rest: its host hears others in between, however many wait. */
const GRANTS_AT_ONCE = 64;

/** One lease for an idle volunteer. When as many are granted as may be at once the next call after a rest goes on. */
export function lend(desk: Desk): CoordinatorEvent[] {
  const { memory } = desk;
  if (memory.granted >= GRANTS_AT_ONCE) return [];
  const served = serveVolunteers(desk);
  const grants = served.length > 0 ? served : searchForRuns(desk);
  memory.granted += grants.length;
  return grants;
}

/**
 * A lease for a volunteer that has just come free: of the run that it prefers, else of any, that with the fewest leases
 * first, then that longest without. While a run looks for somebody, who stands back is found in its turn.
 */
function serveVolunteers(desk: Desk): CoordinatorEvent[] {
  const { state, memory } = desk;
  for (const id of memory.pending.volunteers) {
    memory.pending.volunteers.delete(id);
    const volunteer = state.volunteers[id];
    if (!volunteer || !isIdle(volunteer)) continue;
    const runs = Object.values(state.runs)
      .filter((run) => run.kinds.some((kind) => goesOn(desk, run, kind)))
      .map((run) => ({ run, leaseCount: memory.leaseCounts.get(run.facts.id) ?? 0 }))
      .sort(
        (a, b) =>
          preference(volunteer, b.run) - preference(volunteer, a.run) ||
          a.leaseCount - b.leaseCount ||
          a.run.grantedAt - b.run.grantedAt,
      );
    for (const { run } of runs) {
      const search = memory.searches.get(run.facts.id);
      if (search && standsBack(memory, run.facts.id, volunteer)) {
        search.again = true;
        continue;
      }
      const grant = offer(desk, run, volunteer);
      if (grant) return [grant];
    }
  }
  return [];
}

const preference = ({ prefers }: VolunteerRecord, { facts }: RunRecord): number => (prefers === facts.id ? 1 : 0);

/** A volunteer for a run in which work may have opened. A search that its budget cuts short goes on in the next pass. */
function searchForRuns(desk: Desk): CoordinatorEvent[] {
  const { state, memory } = desk;
  let budget = SEARCH_BUDGET;
  for (const [id, search] of memory.searches) {
    const run = state.runs[id];
    const isOpenTo = run ? openToAny(desk, run) : null;
    if (!run || !isOpenTo) {
      memory.searches.delete(id);
      continue;
    }
    for (;;) {
      const next = search.idle.next();
      if (next.done && !search.again) break;
      if (next.done) {
        Object.assign(search, { idle: inTurn(memory, id), again: false });
        continue;
      }
      if (!isOpenTo(next.value)) continue;
      const grant = offer(desk, run, next.value);
      if (grant) return [grant];
      if (--budget === 0) return [];
    }
    memory.searches.delete(id);
  }
  return [];
}

/** Volunteers that may get any work of a run, by speed and memory; null when there is none for anybody. */
function openToAny(desk: Desk, run: RunRecord): ((volunteer: VolunteerRecord) => boolean) | null {
  const { kinds, now } = desk;
  const open = run.kinds
    .filter((kind) => goesOn(desk, run, kind))
    .flatMap((kind) => {
      const plan = kinds.get(kind)!;
      const isOpenTo = openTo(plan, run.works[kind], run.facts, now);
      return isOpenTo ? [{ isOpenTo, bytes: bytesNeeded(plan, run.facts) }] : [];
    });
  if (open.length === 0) return null;
  return (volunteer) =>
    open.some(({ isOpenTo, bytes }) => hasRoom(volunteer, bytes) && isOpenTo(volunteer.tokensPerSecond));
}

/** The line of a volunteer as it tells, slowed by what its contributions showed. */
function lineOf({ line, detour = 1 }: VolunteerRecord): Line | undefined {
  return (
    line && { upBytesPerSecond: line.upBytesPerSecond / detour, downBytesPerSecond: line.downBytesPerSecond / detour }
  );
}

function offer(desk: Desk, run: RunRecord, volunteer: VolunteerRecord): CoordinatorEvent | null {
  const { kinds, now, state, memory } = desk;
  const { id, tokensPerSecond, memoryBytes, paths } = volunteer;
  const facts = { id, tokensPerSecond, memoryBytes, path: paths[run.facts.id] ?? null, line: lineOf(volunteer) };
  let best: { kind: string; task: Task } | null = null;
  for (const kind of run.kinds) {
    const plan = kinds.get(kind)!;
    const bytes = bytesNeeded(plan, run.facts);
    if (!goesOn(desk, run, kind) || !hasRoom(volunteer, bytes)) continue;
    const company = companyOf(state, memory.lending, bytes);
    const task = plan.offer(run.works[kind], run.facts, facts, now, company);
    if (task && (best === null || task.priority > best.task.priority)) best = { kind, task };
  }
  if (!best) return null;
  const lease = `l${String(state.leaseCount + 1).padStart(10, '0')}`;
  return { at: now, type: 'LeaseGranted', lease, run: run.facts.id, volunteer: id, ...best };
}
