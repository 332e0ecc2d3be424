import type { Outcome, RunFacts } from '@pathfold/coordination/work-plan';
import { DEADLINE_MARGIN } from '../../deadline.ts';
import {
  type Contribution,
  givenTo,
  isAsync,
  isComplete,
  lastServedAt,
  moduleOf,
  type OpenLease,
  overdueAt,
  type PathState,
  runningDeadline,
  type TrainState,
  versionOf,
} from '../state.ts';
import type { TrainFoldInput, TrainTask } from '../task.ts';
import { fastestOf } from './pace.ts';

/** A volunteer that joins in this first part of a round's expected time counts as there from its start. */
const TOGETHER_PART = 1 / 4;

/** The facts of a state at one time that offers read, the same for every volunteer. */
export interface Openings {
  readonly now: number;
  readonly openings: readonly Opening[];
  /** Inner steps under way on each path; empty in rounds. */
  readonly going: ReadonlyMap<string, number>;
  /** Volunteers whose last contribution is about to be merged: they begin from what comes of it. */
  readonly merging: ReadonlySet<string>;
  readonly fastest: number | null;
  /** When work on any path was accepted last. */
  readonly lastServedAt: number;
}

/** A path that has a lease to give. */
export interface Opening extends Place {
  readonly id: string;
  readonly path: PathState;
  /** Steps of a whole lease. */
  readonly whole: number;
  readonly restMs: number;
  /** Nothing of its round has begun: any number of steps will do. */
  readonly fresh: boolean;
  /** Time that those who joined together may fill with steps; time that a latecomer may. */
  readonly togetherMs: number;
  readonly lateMs: number;
}

/** The room for one more lease of a path, whatever the time. */
interface Place {
  /** All its modules step at arrivals: anybody may join, with the steps that its pace asks for. */
  readonly paced: boolean;
  /** Without a further contribution a round of its modules cannot end well; otherwise a replica may join. */
  readonly needed: boolean;
  /** Contributions and open leases, of the module that has the fewest. */
  readonly least: number;
}

/** The round of a module that keeps to rounds. */
interface ModuleRound {
  readonly version: number;
  /** It is being folded, or is about to be. */
  readonly closed: boolean;
  readonly openedAt: number;
  /** Infinite while its clock stands. */
  readonly deadline: number;
  /** It is past its deadline and waits for a check alone. */
  readonly ending: boolean;
}
type Rounds = ReadonlyMap<string, ModuleRound>;

/** The facts of a path that do not depend on the time. */
interface Standing {
  /** Null: it has no room for a lease. */
  readonly place: Place | null;
  /** Its leases whose work has not come in. */
  readonly computing: readonly OpenLease[];
  /** When the last of them should be done, as it was asked for last; 0 where nobody computes. */
  end: { readonly now: number; readonly at: number } | null;
  /** Steps of all its leases. */
  readonly going: number;
  /** Some lease of it is from before the run changed its mode. */
  readonly straying: boolean;
}

/** Facts derived from a state, as long as they hold. A path without a standing has to be looked at. */
interface Derived {
  readonly standings: Map<string, Standing>;
  latest: Openings | null;
  /** The part of `latest` that a grant leaves true. */
  lasting: Lasting | null;
}
type Lasting = Pick<Openings, 'now' | 'merging' | 'fastest' | 'lastServedAt'>;
const derivedOf = new WeakMap<TrainState, Derived>();

/** Drops what an outcome makes untrue. To be told of every outcome, before the state changes: nothing else drops anything. */
export function noteOutcome(state: TrainState, run: RunFacts, outcome: Outcome): void {
  const derived = derivedOf.get(state);
  if (!derived) return;
  derived.latest = null;
  if (outcome.type !== 'granted' && outcome.type !== 'requested') derived.lasting = null;
  const touched = pathsTouched(state, run, outcome);
  if (touched) for (const id of touched) derived.standings.delete(id);
  else derived.standings.clear();
}

/** Outcomes that change nothing but the leases of one path. */
const LEASED: ReadonlySet<Outcome['type']> = new Set(['granted', 'received', 'requested']);

/** The paths whose standings an outcome may change; null for all. */
function pathsTouched(state: TrainState, run: RunFacts, outcome: Outcome): readonly string[] | null {
  const ofLease = (lease: string) => (state.leases[lease] ? [state.leases[lease].path] : []);
  // In mode `hybrid` a lease may be owed to a module that keeps to rounds, and close it to other paths.
  if (run.spec.mode === 'hybrid' && !LEASED.has(outcome.type)) return null;
  switch (outcome.type) {
    case 'granted':
      return [(outcome.task.body as unknown as TrainTask).path];
    case 'received':
    case 'ended':
      return ofLease(outcome.lease);
    case 'accepted':
      return ofLease(outcome.contribution.lease);
    case 'begun':
      return state.modules[(outcome.fold.input as unknown as TrainFoldInput).module.name]!.paths;
    case 'folded':
      return state.modules[moduleOf(state, run, outcome.fold)]!.paths;
    case 'requested':
      return [];
    default:
      return null;
  }
}

/** Many volunteers are asked about between two outcomes. */
export function openingsOf(state: TrainState, run: RunFacts, now: number): Openings {
  const derived = derivedOf.get(state) ?? { standings: new Map(), latest: null, lasting: null };
  derivedOf.set(state, derived);
  if (derived.latest?.now === now) return derived.latest;
  if (derived.lasting?.now !== now)
    derived.lasting = {
      now,
      merging: mergingNow(state, run, now),
      fastest: run.spec.mode === 'sync' ? null : fastestOf(state, run, now),
      lastServedAt: lastServedAt(state),
    };
  const openings = findOpenings(state, run, now, derived.standings);
  const going = new Map<string, number>();
  if (run.spec.mode !== 'sync') for (const [id, standing] of derived.standings) going.set(id, standing.going);
  derived.latest = { ...derived.lasting, openings, going };
  return derived.latest;
}

function findOpenings(state: TrainState, run: RunFacts, now: number, standings: Derived['standings']): Opening[] {
  const rounds = roundsNow(state, run, now);
  const ids = Object.keys(state.paths);
  const all = ids.map((id) => {
    const standing = standings.get(id) ?? standingOf(state, run, id, rounds);
    standings.set(id, standing);
    return standing;
  });
  // Rounds begin when what was leased before modules kept to rounds has ended.
  if (run.spec.mode !== 'async' && all.some(({ straying }) => straying)) return [];
  const endOf = endsOf(state, standings, now);
  const openings: Opening[] = [];
  for (const [i, { place }] of all.entries()) {
    const opening = place && openingOf(state, run, ids[i]!, place, rounds, endOf, now);
    if (opening) openings.push(opening);
  }
  return openings;
}

function roundsNow(state: TrainState, run: RunFacts, now: number): Rounds {
  const rounds = new Map<string, ModuleRound>();
  for (const [name, module] of Object.entries(state.modules)) {
    if (isAsync(run.spec.mode, module)) continue;
    const { folding, owed, openedAt, paths } = module;
    const deadline = runningDeadline(run, module, now);
    const waits = (id: string) =>
      state.paths[id]!.leases.some((lease) => state.leases[lease]!.receivedAt !== null) ||
      givenTo(run, state.paths[id]!, name).length >= run.spec.quorum;
    rounds.set(name, {
      version: versionOf(run, name),
      closed: folding !== null || owed > 0,
      openedAt: openedAt ?? now,
      deadline: deadline ?? Number.POSITIVE_INFINITY,
      ending: openedAt !== null && deadline === null && paths.some(waits),
    });
  }
  return rounds;
}

/** When the last of those who compute on a module should be done; 0 where nobody does. Found as it is asked for. */
function endsOf(state: TrainState, standings: Derived['standings'], now: number): (module: string) => number {
  const ofModules = new Map<string, number>();
  let ofPaths: Map<string, number> | null = null;
  const endOf = (standing: Standing) => {
    if (standing.end?.now === now) return standing.end.at;
    let end = 0;
    for (const lease of standing.computing)
      end = Math.max(end, now, now < overdueAt(lease) ? lease.grantedAt + lease.expectedMs : lease.deadlineAt);
    standing.end = { now, at: end };
    return end;
  };
  return (module) => {
    let end = ofModules.get(module);
    if (end !== undefined) return end;
    ofPaths ??= new Map([...standings].map(([id, standing]) => [id, endOf(standing)]));
    end = 0;
    for (const id of state.modules[module]!.paths) end = Math.max(end, ofPaths.get(id)!);
    ofModules.set(module, end);
    return end;
  };
}

function standingOf(state: TrainState, run: RunFacts, id: string, rounds: Rounds): Standing {
  const leases = state.paths[id]!.leases.map((lease) => state.leases[lease]!);
  return {
    place: placeOf(state, run, id, rounds),
    computing: leases.filter(({ receivedAt }) => receivedAt === null),
    end: null,
    going: leases.reduce((sum, { steps }) => sum + steps, 0),
    straying: leases.some(({ mode }) => mode !== run.spec.mode),
  };
}

/** Null when nobody may join a path: some module of it is being folded, or it has all the replicas of a round. */
function placeOf(state: TrainState, run: RunFacts, id: string, rounds: Rounds): Place | null {
  const { quorum, replicas } = run.spec;
  const { leases, contributions } = state.paths[id]!;
  const { modules } = run.paths[id]!;
  const live = leases.length;
  let [least, most, full] = [Number.POSITIVE_INFINITY, 0, false];
  for (const name of modules) {
    const round = rounds.get(name);
    if (!round) continue;
    if (round.closed || live >= replicas) return null;
    const given = countGiven(contributions, name, round.version);
    least = Math.min(least, given + live);
    most = Math.max(most, given + live);
    full ||= given >= quorum;
  }
  if (least === Number.POSITIVE_INFINITY) return { paced: true, needed: true, least: live };
  const needed = !full && least < quorum;
  if (!needed && (most >= replicas || !isAligned(contributions, modules, rounds))) return null;
  return { paced: false, needed, least };
}

/** Null when the path has no lease to give now: it has no shard yet, is complete, or too late. */
function openingOf(
  state: TrainState,
  run: RunFacts,
  id: string,
  place: Place,
  rounds: Rounds,
  endOf: (module: string) => number,
  now: number,
): Opening | null {
  const { inner, totalSteps, roundDeadlineMs } = run.spec;
  const { shard, modules } = run.paths[id]!;
  const path = state.paths[id]!;
  if (!shard || isComplete(run, id, path)) return null;
  const whole = Math.min(inner.steps, Math.ceil(totalSteps - path.steps));
  const { paced, needed, least } = place;
  // Spelled out: thousands are made each second, and copying `place` by spread takes ten times as long.
  if (paced)
    return { id, path, paced, needed, least, whole, restMs: roundDeadlineMs, fresh: true, togetherMs: 0, lateMs: 0 };
  let [openedAt, deadline, end] = [now, Number.POSITIVE_INFINITY, 0];
  for (const name of modules) {
    const round = rounds.get(name);
    if (!round) continue;
    if (round.ending) return null;
    openedAt = Math.min(openedAt, round.openedAt);
    deadline = Math.min(deadline, round.deadline);
    if (!needed) end = Math.max(end, endOf(name));
  }
  if (!needed && end === 0) return null;
  const isClockRunning = deadline < Number.POSITIVE_INFINITY;
  const restMs = isClockRunning ? deadline - now : roundDeadlineMs;
  const byDeadlineMs = DEADLINE_MARGIN * restMs;
  const lateMs = needed ? byDeadlineMs : Math.min(byDeadlineMs, end - now);
  const isLate = !needed && now - openedAt > TOGETHER_PART * (end - openedAt);
  const togetherMs = isLate ? lateMs : byDeadlineMs;
  return { id, path, paced, needed, least, whole, restMs, fresh: needed && !isClockRunning, togetherMs, lateMs };
}

function countGiven(contributions: readonly Contribution[], module: string, version: number): number {
  let count = 0;
  for (const { base } of contributions) if (base[module] === version) count++;
  return count;
}

/** Whether all that the path has given went to the versions that its modules have now. */
const isAligned = (contributions: readonly Contribution[], modules: readonly string[], rounds: Rounds): boolean =>
  contributions.every(({ base }) => modules.every((name) => (rounds.get(name)?.version ?? base[name]) === base[name]));

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
