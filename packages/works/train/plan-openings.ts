import type { RunFacts } from '@pathfold/coordination/work-plan';
import { fastestOf } from './plan-pace.ts';
import {
  isAsync,
  isComplete,
  overdueAt,
  type PathState,
  runningDeadline,
  type TrainState,
  versionOf,
} from './plan-state.ts';
import { DEADLINE_MARGIN } from './plan-task.ts';

/** Who joins in this first part of a round's expected time counts as there from its start. */
const TOGETHER_PART = 1 / 4;

/** A path that has a lease to give, and what of it is the same for every volunteer. */
export interface Opening {
  readonly id: string;
  /** Without a further contribution a round of its modules cannot end well; otherwise a replica may join. */
  readonly needed: boolean;
  /** Contributions and open leases, of the module that has the fewest. */
  readonly least: number;
  /** Steps of a whole lease. */
  readonly whole: number;
  readonly restMs: number;
  /** Nothing of its round has begun: any number of steps will do. */
  readonly fresh: boolean;
  /** All its modules step asynchronously: a volunteer takes the steps that its pace asks for. */
  readonly paced: boolean;
  /** Time that those who joined together may fill with steps; time that a latecomer may. */
  readonly togetherMs: number;
  readonly lateMs: number;
}

/** What is the same for all paths that are never waited for. */
const PACED = { needed: true, fresh: true, paced: true, togetherMs: 0, lateMs: 0 };

/** When those who compute on a module should be done, by module; 0 where nobody does. Looked up as it is asked for. */
function endsOf(state: TrainState, now: number): (module: string) => number {
  let ofPaths: Map<string, number> | null = null;
  const ofModules = new Map<string, number>();
  const lookAtLeases = () => {
    const ends = new Map<string, number>();
    for (const id in state.leases) {
      const { path, receivedAt, grantedAt, expectedMs, deadlineAt } = state.leases[id]!;
      if (receivedAt !== null) continue;
      const end = now < overdueAt(state.leases[id]!) ? grantedAt + expectedMs : deadlineAt;
      ends.set(path, Math.max(ends.get(path) ?? now, end));
    }
    return ends;
  };
  return (module) => {
    let end = ofModules.get(module);
    if (end !== undefined) return end;
    ofPaths ??= lookAtLeases();
    end = 0;
    for (const path of state.modules[module]!.paths) end = Math.max(end, ofPaths.get(path) ?? 0);
    ofModules.set(module, end);
    return end;
  };
}

/** What of a module that keeps to rounds is the same for every path that crosses it. */
interface Standing {
  readonly version: number;
  /** It is being folded, or is about to be. */
  readonly closed: boolean;
  readonly openedAt: number;
  /** Infinite while its clock stands. */
  readonly deadline: number;
}
type Standings = ReadonlyMap<string, Standing>;

function standingsOf(state: TrainState, run: RunFacts, now: number): Standings {
  const standings = new Map<string, Standing>();
  for (const [name, module] of Object.entries(state.modules)) {
    if (isAsync(run.spec.mode, module)) continue;
    standings.set(name, {
      version: versionOf(run, name),
      closed: module.folding !== null || module.owed > 0,
      openedAt: module.openedAt ?? now,
      deadline: runningDeadline(run, module, now) ?? Number.POSITIVE_INFINITY,
    });
  }
  return standings;
}

/** What a path has given and has out for the versions that its modules have now, whatever the time. */
interface Standpoint {
  /** Contributions and open leases, of the module that has the fewest and of that which has the most. */
  readonly least: number;
  readonly most: number;
  /** Some module has its quorum of it. */
  readonly full: boolean;
  /** All that it has given went to these versions. */
  readonly aligned: boolean;
}

/** Null when nobody could join it: it has all its replicas, or one of its modules is being folded. */
function standpointOf(state: TrainState, run: RunFacts, id: string, standings: Standings): Standpoint | null {
  const { quorum, replicas } = run.spec;
  const path = state.paths[id]!;
  const { modules } = run.paths[id]!;
  const live = path.leases.length;
  if (live >= replicas) return null;
  let [least, most, full] = [Number.POSITIVE_INFINITY, 0, false];
  for (const name of modules) {
    const standing = standings.get(name);
    if (!standing) continue;
    if (standing.closed) return null;
    const given = path.contributions.length === 0 ? 0 : countGiven(path, name, standing.version);
    least = Math.min(least, given + live);
    most = Math.max(most, given + live);
    full ||= given >= quorum;
  }
  return { least, most, full, aligned: isAligned(path, modules, standings) };
}

/** Null when the path has no lease to give now: it has no shard yet, is complete, full, or too late. */
function openingOf(
  state: TrainState,
  run: RunFacts,
  id: string,
  now: number,
  { least, most, full, aligned }: Standpoint,
  standings: Standings,
  endOf: (module: string) => number,
): Opening | null {
  const { quorum, replicas, inner, totalSteps, roundDeadlineMs } = run.spec;
  const path = state.paths[id]!;
  const { shard, modules } = run.paths[id]!;
  if (!shard || isComplete(run, id, path)) return null;
  const whole = Math.min(inner.steps, Math.ceil(totalSteps - path.steps));
  if (least === Number.POSITIVE_INFINITY)
    return { ...PACED, id, least: path.leases.length, whole, restMs: roundDeadlineMs };
  const needed = !full && least < quorum;
  if (!needed && (most >= replicas || !aligned)) return null;
  let [openedAt, deadline] = [now, Number.POSITIVE_INFINITY];
  for (const name of modules) {
    const standing = standings.get(name);
    if (!standing) continue;
    openedAt = Math.min(openedAt, standing.openedAt);
    deadline = Math.min(deadline, standing.deadline);
  }
  const fresh = deadline === Number.POSITIVE_INFINITY;
  const restMs = fresh ? roundDeadlineMs : deadline - now;
  const byDeadlineMs = DEADLINE_MARGIN * restMs;
  const times = { togetherMs: byDeadlineMs, lateMs: byDeadlineMs };
  if (needed) return { id, needed, least, whole, restMs, fresh, paced: false, ...times };
  let end = 0;
  for (const name of modules) if (standings.has(name)) end = Math.max(end, endOf(name));
  if (end === 0) return null;
  times.lateMs = Math.min(byDeadlineMs, end - now);
  if (now - openedAt > TOGETHER_PART * (end - openedAt)) times.togetherMs = times.lateMs;
  return { id, needed, least, whole, restMs, fresh: false, paced: false, ...times };
}

function countGiven({ contributions }: PathState, module: string, version: number): number {
  let count = 0;
  for (const { base } of contributions) if (base[module] === version) count++;
  return count;
}

/** Whether all that the path has given went to the versions that its modules have now. */
const isAligned = ({ contributions }: PathState, modules: readonly string[], standings: Standings): boolean =>
  contributions.every(({ base }) =>
    modules.every((name) => !standings.has(name) || base[name] === standings.get(name)!.version),
  );

export interface Openings {
  readonly now: number;
  readonly openings: readonly Opening[];
  /** Volunteers whose last contribution is about to be merged: they begin from what comes of it. */
  readonly merging: ReadonlySet<string>;
  readonly fastest: number | null;
}

/** Openings as they were last looked up: many volunteers are asked about between two changes of the state. */
const lookedUp = new WeakMap<TrainState, Openings>();
/** Of each path, while nothing of it changes: one event touches few of many. */
const lookedAt = new WeakMap<TrainState, Map<string, Standpoint | null>>();

/** To be called whenever the state, or a version of a module of its run, changes. `paths`: all that it concerns, if it is not all. */
export function forgetOpenings(state: TrainState, paths?: readonly string[]): void {
  lookedUp.delete(state);
  if (paths) for (const id of paths) lookedAt.get(state)?.delete(id);
  else lookedAt.delete(state);
}

export function openingsOf(state: TrainState, run: RunFacts, now: number): Openings {
  const known = lookedUp.get(state);
  if (known?.now === now) return known;
  const found = {
    now,
    openings: findOpenings(state, run, now),
    merging: mergingNow(state, run, now),
    fastest: run.spec.mode === 'sync' ? null : fastestOf(state, run, now),
  };
  lookedUp.set(state, found);
  return found;
}

function findOpenings(state: TrainState, run: RunFacts, now: number): Opening[] {
  // Rounds begin when what was leased before modules kept to rounds has ended.
  if (run.spec.mode !== 'async' && Object.values(state.leases).some(({ mode }) => mode !== run.spec.mode)) return [];
  const standings = standingsOf(state, run, now);
  const endOf = endsOf(state, now);
  const known = lookedAt.get(state) ?? new Map<string, Standpoint | null>();
  lookedAt.set(state, known);
  const openings: Opening[] = [];
  for (const id in state.paths) {
    let standpoint = known.get(id);
    if (standpoint === undefined) {
      standpoint = standpointOf(state, run, id, standings);
      known.set(id, standpoint);
    }
    const opening = standpoint && openingOf(state, run, id, now, standpoint, standings, endOf);
    if (opening) openings.push(opening);
  }
  return openings;
}

/** Nobody waits for another's work: only for the fold of its own, which comes when the grace period ends. */
function mergingNow(state: TrainState, run: RunFacts, now: number): Set<string> {
  const merging = new Set<string>();
  if (run.spec.mode === 'sync') return merging;
  for (const { volunteer, receivedAt } of Object.values(state.leases)) if (receivedAt !== null) merging.add(volunteer);
  for (const { contributions } of Object.values(state.paths))
    for (const { volunteer, lease, base, owed } of contributions) {
      const waits = Object.keys(base).some((name) => {
        const module = state.modules[name]!;
        if (!owed.includes(name)) return module.merging && module.folding!.includes(lease);
        return module.folding !== null || module.graceEndsAt! > now || module.owed >= run.spec.async.quorum;
      });
      if (waits) merging.add(volunteer);
    }
  return merging;
}
