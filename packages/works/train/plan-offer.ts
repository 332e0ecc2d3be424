import type { RunFacts, Task, VolunteerFacts } from '@pathfold/coordination/work-plan';
import { fastestOf, pacedSteps } from './plan-pace.ts';
import {
  isAsync,
  isComplete,
  overdueAt,
  type PathState,
  runningDeadline,
  type TrainState,
  versionOf,
} from './plan-state.ts';
import { type Chance, DEADLINE_MARGIN, hashOf, memoryBytes, stepMsOf, taskOf } from './plan-task.ts';

/** Latest joiners: those who can still take this part of H. */
const LEAST_PART = 1 / 4;
/** Who joins in this first part of a round's expected time counts as there from its start. */
const TOGETHER_PART = 1 / 4;

/** A path that has a lease to give, and what of it is the same for every volunteer. */
interface Opening {
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

/** When those who compute on a module should be done, by module; a module that nobody computes on is missing. */
function endsOf(state: TrainState, now: number): Map<string, number> {
  const ends = new Map<string, number>();
  for (const id in state.leases) {
    const lease = state.leases[id]!;
    if (lease.receivedAt !== null) continue;
    const end = now < overdueAt(lease) ? lease.grantedAt + lease.expectedMs : lease.deadlineAt;
    for (const name in lease.base) ends.set(name, Math.max(ends.get(name) ?? now, end));
  }
  return ends;
}

/** Null when the path has no lease to give now: it has no shard yet, is complete, full, too late, or one of its modules is being folded. */
function openingOf(
  state: TrainState,
  run: RunFacts,
  id: string,
  now: number,
  ends: () => Map<string, number>,
): Opening | null {
  const { quorum, replicas, inner, totalSteps, roundDeadlineMs, mode } = run.spec;
  const path = state.paths[id]!;
  const { shard } = run.paths[id]!;
  if (!shard || isComplete(run, path)) return null;
  const live = path.leases.length;
  if (live >= replicas) return null;
  const whole = Math.min(inner.steps, Math.ceil(totalSteps - path.steps));
  const modules = run.paths[id]!.modules.filter((name) => !isAsync(mode, state.modules[name]!));
  if (modules.length === 0) return { ...PACED, id, least: live, whole, restMs: roundDeadlineMs };
  let [least, most, full] = [Number.POSITIVE_INFINITY, 0, false];
  let [openedAt, deadline] = [now, Number.POSITIVE_INFINITY];
  for (const name of modules) {
    const module = state.modules[name]!;
    if (module.folding || module.owed > 0) return null;
    const given = countGiven(path, name, versionOf(run, name));
    least = Math.min(least, given + live);
    most = Math.max(most, given + live);
    full ||= given >= quorum;
    openedAt = Math.min(openedAt, module.openedAt ?? now);
    deadline = Math.min(deadline, runningDeadline(run, module, now) ?? Number.POSITIVE_INFINITY);
  }
  const fresh = deadline === Number.POSITIVE_INFINITY;
  const restMs = fresh ? roundDeadlineMs : deadline - now;
  const needed = !full && least < quorum;
  const byDeadlineMs = DEADLINE_MARGIN * restMs;
  const opening = { id, needed, least, whole, restMs, fresh: needed && fresh, paced: false };
  if (needed) return { ...opening, togetherMs: byDeadlineMs, lateMs: byDeadlineMs };
  if (most >= replicas || !isAligned(run, path, modules)) return null;
  const end = modules.reduce((latest, name) => Math.max(latest, ends().get(name) ?? 0), 0);
  if (end === 0) return null;
  const lateMs = Math.min(byDeadlineMs, end - now);
  return { ...opening, togetherMs: now - openedAt <= TOGETHER_PART * (end - openedAt) ? byDeadlineMs : lateMs, lateMs };
}

function countGiven({ contributions }: PathState, module: string, version: number): number {
  let count = 0;
  for (const { base } of contributions) if (base[module] === version) count++;
  return count;
}

/** Whether all that the path has given went to the versions that its modules have now. */
const isAligned = (run: RunFacts, path: PathState, modules: readonly string[]): boolean =>
  path.contributions.every(({ base }) => modules.every((name) => base[name] === versionOf(run, name)));

interface Openings {
  readonly now: number;
  readonly openings: readonly Opening[];
  /** Volunteers whose last contribution is about to be merged: they begin from what comes of it. */
  readonly merging: ReadonlySet<string>;
  readonly fastest: number | null;
}

/** Openings as they were last looked up: many volunteers are asked about between two changes of the state. */
const lookedUp = new WeakMap<TrainState, Openings>();

/** To be called whenever the state, or a version of a module of its run, has changed. */
export const forgetOpenings = (state: TrainState): boolean => lookedUp.delete(state);

function openingsOf(state: TrainState, run: RunFacts, now: number): Openings {
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
  let ends: Map<string, number> | null = null;
  const endsByModule = () => {
    ends ??= endsOf(state, now);
    return ends;
  };
  return Object.keys(state.paths)
    .map((id) => openingOf(state, run, id, now, endsByModule))
    .filter((opening) => opening !== null);
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

/** Who is fast enough to get a lease of any path, rounded in their favour; null when there is none to give. */
export function openTo(state: TrainState, run: RunFacts, now: number): ((tokensPerSecond: number) => boolean) | null {
  let mostStepMs = 0;
  for (const { fresh, togetherMs, whole } of openingsOf(state, run, now).openings) {
    if (fresh) return () => true;
    mostStepMs = Math.max(mostStepMs, togetherMs / Math.max(1, LEAST_PART * whole));
  }
  return mostStepMs > 0 ? (tokensPerSecond) => stepMsOf(run, tokensPerSecond) <= 1.001 * mostStepMs : null;
}

const tookPart = (state: TrainState, { contributions, leases }: PathState, volunteer: string): boolean =>
  contributions.some((contribution) => contribution.volunteer === volunteer) ||
  leases.some((lease) => state.leases[lease]!.volunteer === volunteer);

/** The steps that a volunteer could take now; null when it should wait for the next round. */
function chanceOf(state: TrainState, run: RunFacts, opening: Opening, volunteer: VolunteerFacts): Chance | null {
  const { id, fresh, whole, restMs, togetherMs, lateMs } = opening;
  const stepMs = stepMsOf(run, volunteer.tokensPerSecond);
  const timeMs = togetherMs > lateMs && tookPart(state, state.paths[id]!, volunteer.id) ? lateMs : togetherMs;
  const possible = Math.min(whole, Math.floor(timeMs / stepMs));
  const steps = fresh ? Math.max(1, possible) : possible;
  if (!fresh && steps < Math.max(1, LEAST_PART * whole)) return null;
  const because = steps === whole ? 'whole' : fresh ? 'lease' : 'others';
  return { id, steps, expectedMs: steps * stepMs, restMs, reason: { because, whole, timesSlower: 1 } };
}

/** The path that has fallen behind, with as many steps as the volunteer's pace asks for. */
function pacedOffer(
  state: TrainState,
  run: RunFacts,
  volunteer: VolunteerFacts,
  { openings, fastest }: Openings,
): Task | null {
  const fits = openings.filter(
    ({ id, paced }) => paced && !(volunteer.memoryBytes > 0 && volunteer.memoryBytes < memoryBytes(run, id)),
  );
  const drawn = drawPath(
    state,
    run,
    volunteer,
    fits.map(({ id }) => id),
  );
  const opening = fits.find(({ id }) => id === drawn);
  if (!opening) return null;
  const { steps, stepMs, reason } = pacedSteps(state, run, volunteer, fastest, opening.whole);
  return taskOf(state, run, { id: opening.id, steps, expectedMs: steps * stepMs, restMs: opening.restMs, reason });
}

/**
 * Draws a path with a chance in proportion to how far it has fallen behind its part of all progress (Async Local-SGD
 * section 4.1); the one whose state the volunteer keeps if that has fallen behind at all. Paths have the same number of
 * steps to go, whatever the size of their shards, so that progress is counted in steps.
 */
function drawPath(
  state: TrainState,
  run: RunFacts,
  volunteer: VolunteerFacts,
  open: readonly string[],
): string | undefined {
  if (open.length < 2) return open[0];
  const progress = new Map(
    Object.entries(state.paths).map(([id, { steps, leases }]) => {
      const going = leases.reduce((sum, lease) => sum + state.leases[lease]!.steps, 0);
      return [id, steps + going / run.spec.replicas];
    }),
  );
  const total = [...progress.values()].reduce((sum, steps) => sum + steps, 0);
  const deficits = open.map((id) => Math.max(0, 1 / progress.size - (total > 0 ? progress.get(id)! / total : 0)));
  const own = open.indexOf(volunteer.path ?? '');
  if (own >= 0 && deficits[own]! > 0) return open[own];
  const all = deficits.reduce((sum, deficit) => sum + deficit, 0);
  if (all === 0) return open.toSorted((a, b) => progress.get(a)! - progress.get(b)!)[0];
  const grants = Object.values(state.paths).reduce((sum, path) => sum + path.grants, 0);
  let rest = (all * hashOf(`${run.spec.seed}/${volunteer.id}/${grants}`)) / 2 ** 32;
  for (const [i, deficit] of deficits.entries()) {
    rest -= deficit;
    if (rest < 0) return open[i];
  }
  return open.at(-1);
}

/**
 * The best lease for a volunteer: paths that need a contribution first, then those with the fewest replicas, then
 * those that took part in the fewest rounds, then the path whose state the volunteer keeps.
 */
export function bestOffer(state: TrainState, run: RunFacts, volunteer: VolunteerFacts, now: number): Task | null {
  const all = openingsOf(state, run, now);
  if (all.merging.has(volunteer.id)) return null;
  let best: { rank: number[]; chance: Chance } | null = null;
  for (const opening of all.openings) {
    if (opening.paced) continue;
    const { id, needed, least } = opening;
    const rank = [needed ? 0 : 1, least, state.paths[id]!.rounds, volunteer.path === id ? 0 : 1];
    if (best && !isBefore(rank, best.rank)) continue;
    if (volunteer.memoryBytes > 0 && volunteer.memoryBytes < memoryBytes(run, id)) continue;
    const chance = chanceOf(state, run, opening, volunteer);
    if (chance) best = { rank, chance };
  }
  return best ? taskOf(state, run, best.chance) : pacedOffer(state, run, volunteer, all);
}

function isBefore(a: readonly number[], b: readonly number[]): boolean {
  const i = a.findIndex((value, at) => value !== b[at]);
  return i >= 0 && a[i]! < b[i]!;
}
