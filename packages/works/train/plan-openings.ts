import type { RunFacts } from '@pathfold/coordination/work-plan';
import { DEADLINE_MARGIN } from '../deadline.ts';
import { fastestOf } from './plan-pace.ts';
import {
  givenTo,
  isAsync,
  isComplete,
  lastServedAt,
  type OpenLease,
  overdueAt,
  type PathState,
  runningDeadline,
  type TrainState,
  versionOf,
} from './plan-state.ts';

/** Who joins in this first part of a round's expected time counts as there from its start. */
const TOGETHER_PART = 1 / 4;

/** A path that has a lease to give, and what of it is the same for every volunteer. */
export interface Opening {
  readonly id: string;
  readonly path: PathState;
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

/** When those who compute on a module should be done; 0 where nobody does. Looked up as it is asked for. */
function endsOf(state: TrainState, known: readonly Known[], now: number): (module: string) => number {
  let ofPaths: Map<string, number> | null = null;
  const ofModules = new Map<string, number>();
  return (module) => {
    let end = ofModules.get(module);
    if (end !== undefined) return end;
    ofPaths ??= new Map(known.map(({ id, computing }) => [id, endOf(computing, now)]));
    end = 0;
    for (const path of state.modules[module]!.paths) end = Math.max(end, ofPaths.get(path)!);
    ofModules.set(module, end);
    return end;
  };
}

/** When the last of some leases should be done; 0 without any. */
function endOf(leases: readonly OpenLease[], now: number): number {
  let last = 0;
  for (const lease of leases) {
    const end = now < overdueAt(lease) ? lease.grantedAt + lease.expectedMs : lease.deadlineAt;
    last = Math.max(last, now, end);
  }
  return last;
}

/** What of a module that keeps to rounds is the same for every path that crosses it. */
interface Standing {
  readonly version: number;
  /** It is being folded, or is about to be. */
  readonly closed: boolean;
  readonly openedAt: number;
  /** Infinite while its clock stands. */
  readonly deadline: number;
  /** It is past its deadline and waits for a check alone. */
  readonly ending: boolean;
}
/** Null for a module that does not keep to rounds. Looked up as it is asked for. */
type Standings = (module: string) => Standing | null;

function standingsOf(state: TrainState, run: RunFacts, now: number): Standings {
  const known = new Map<string, Standing | null>();
  return (name) => {
    let standing = known.get(name);
    if (standing !== undefined) return standing;
    const module = state.modules[name]!;
    standing = isAsync(run.spec.mode, module)
      ? null
      : {
          version: versionOf(run, name),
          closed: module.folding !== null || module.owed > 0,
          openedAt: module.openedAt ?? now,
          deadline: runningDeadline(run, module, now) ?? Number.POSITIVE_INFINITY,
          ending: isEnding(state, run, name, now),
        };
    known.set(name, standing);
    return standing;
  };
}

function isEnding(state: TrainState, run: RunFacts, name: string, now: number): boolean {
  const module = state.modules[name]!;
  if (module.openedAt === null || runningDeadline(run, module, now) !== null) return false;
  return module.paths.some((id) => {
    const path = state.paths[id]!;
    const waits = path.leases.some((lease) => state.leases[lease]!.receivedAt !== null);
    return waits || givenTo(run, path, name).length >= run.spec.quorum;
  });
}

/** What a path has given and has out for the versions that its modules have now, whatever the time. */
interface Standpoint {
  /** Contributions and open leases, of the module that has the fewest; infinite where none keeps to rounds. */
  readonly least: number;
  readonly needed: boolean;
}

/**
 * Null when nobody could join it: some module keeps to rounds and is being folded, or the path has all the replicas of a
 * round. Where all step at arrivals anybody may join.
 */
function standpointOf(state: TrainState, run: RunFacts, id: string, standings: Standings): Standpoint | null {
  const { quorum, replicas } = run.spec;
  const path = state.paths[id]!;
  const { modules } = run.paths[id]!;
  const live = path.leases.length;
  let [least, most, full] = [Number.POSITIVE_INFINITY, 0, false];
  for (const name of modules) {
    const standing = standings(name);
    if (!standing) continue;
    if (standing.closed || live >= replicas) return null;
    const given = path.contributions.length === 0 ? 0 : countGiven(path, name, standing.version);
    least = Math.min(least, given + live);
    most = Math.max(most, given + live);
    full ||= given >= quorum;
  }
  const needed = !full && least < quorum;
  const isJoinable =
    needed || least === Number.POSITIVE_INFINITY || (most < replicas && isAligned(path, modules, standings));
  return isJoinable ? { least, needed } : null;
}

/** Null when the path has no lease to give now: it has no shard yet, is complete, or too late. */
function openingOf(
  run: RunFacts,
  { id, path }: Known,
  { least, needed }: Standpoint,
  now: number,
  standings: Standings,
  endOf: (module: string) => number,
): Opening | null {
  const { inner, totalSteps, roundDeadlineMs } = run.spec;
  const { shard, modules } = run.paths[id]!;
  if (!shard || isComplete(run, id, path)) return null;
  const whole = Math.min(inner.steps, Math.ceil(totalSteps - path.steps));
  if (least === Number.POSITIVE_INFINITY)
    return { ...PACED, id, path, least: path.leases.length, whole, restMs: roundDeadlineMs };
  let [openedAt, deadline] = [now, Number.POSITIVE_INFINITY];
  for (const name of modules) {
    const standing = standings(name);
    if (!standing) continue;
    if (standing.ending) return null;
    openedAt = Math.min(openedAt, standing.openedAt);
    deadline = Math.min(deadline, standing.deadline);
  }
  const fresh = deadline === Number.POSITIVE_INFINITY;
  const restMs = fresh ? roundDeadlineMs : deadline - now;
  const byDeadlineMs = DEADLINE_MARGIN * restMs;
  const times = { togetherMs: byDeadlineMs, lateMs: byDeadlineMs };
  if (needed) return { id, path, needed, least, whole, restMs, fresh, paced: false, ...times };
  let end = 0;
  for (const name of modules) if (standings(name)) end = Math.max(end, endOf(name));
  if (end === 0) return null;
  times.lateMs = Math.min(byDeadlineMs, end - now);
  if (now - openedAt > TOGETHER_PART * (end - openedAt)) times.togetherMs = times.lateMs;
  return { id, path, needed, least, whole, restMs, fresh: false, paced: false, ...times };
}

function countGiven({ contributions }: PathState, module: string, version: number): number {
  let count = 0;
  for (const { base } of contributions) if (base[module] === version) count++;
  return count;
}

/** Whether all that the path has given went to the versions that its modules have now. */
const isAligned = ({ contributions }: PathState, modules: readonly string[], standings: Standings): boolean =>
  contributions.every(({ base }) =>
    modules.every((name) => {
      const standing = standings(name);
      return standing === null || base[name] === standing.version;
    }),
  );

export interface Openings {
  readonly now: number;
  readonly openings: readonly Opening[];
  /** Volunteers whose last contribution is about to be merged: they begin from what comes of it. */
  readonly merging: ReadonlySet<string>;
  readonly fastest: number | null;
  /** When work on any path was accepted last. */
  readonly lastServedAt: number;
}

/** What is known of a path while nothing of it changes: one event touches few of many. */
interface Known {
  readonly id: string;
  readonly path: PathState;
  readonly standpoint: Standpoint | null;
  /** Its leases whose work has not come in. */
  readonly computing: readonly OpenLease[];
  /** Some lease of it is from before the run changed its mode. */
  readonly straying: boolean;
}

/** Openings as they were last looked up: many volunteers are asked about between two changes of the state. */
const lookedUp = new WeakMap<TrainState, Openings>();
/** Of each path, in their order; undefined for what has to be looked at again. */
const lookedAt = new WeakMap<
  TrainState,
  { ids: readonly string[]; places: ReadonlyMap<string, number>; known: (Known | undefined)[] }
>();

/** To be called whenever the state, or a version of a module of its run, changes. `paths`: all that it concerns, if it is not all. */
export function forgetOpenings(state: TrainState, paths?: readonly string[]): void {
  lookedUp.delete(state);
  const looked = lookedAt.get(state);
  if (looked && paths) for (const id of paths) looked.known[looked.places.get(id)!] = undefined;
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
    lastServedAt: lastServedAt(state),
  };
  lookedUp.set(state, found);
  return found;
}

function findOpenings(state: TrainState, run: RunFacts, now: number): Opening[] {
  const standings = standingsOf(state, run, now);
  const paths = lookAt(state, run, standings);
  // Rounds begin when what was leased before modules kept to rounds has ended.
  if (run.spec.mode !== 'async' && paths.some(({ straying }) => straying)) return [];
  const endOf = endsOf(state, paths, now);
  const openings: Opening[] = [];
  for (const known of paths) {
    const opening = known.standpoint && openingOf(run, known, known.standpoint, now, standings, endOf);
    if (opening) openings.push(opening);
  }
  return openings;
}

function lookAt(state: TrainState, run: RunFacts, standings: Standings): Known[] {
  let looked = lookedAt.get(state);
  if (!looked) {
    const ids = Object.keys(state.paths);
    looked = { ids, places: new Map(ids.map((id, place) => [id, place])), known: ids.map(() => undefined) };
    lookedAt.set(state, looked);
  }
  const { ids, known } = looked;
  for (let place = 0; place < ids.length; place++) known[place] ??= knownOf(state, run, ids[place]!, standings);
  return known as Known[];
}

function knownOf(state: TrainState, run: RunFacts, id: string, standings: Standings): Known {
  const path = state.paths[id]!;
  const leases = path.leases.map((lease) => state.leases[lease]!);
  return {
    id,
    path,
    standpoint: standpointOf(state, run, id, standings),
    computing: leases.filter(({ receivedAt }) => receivedAt === null),
    straying: leases.some(({ mode }) => mode !== run.spec.mode),
  };
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
