import type { Json, RunFacts, Task, VolunteerFacts } from '@pathfold/coordination/work-plan';
import { levelsOf } from '@pathfold/protocol/run-spec';
import { isComplete, overdueAt, type PathState, runningDeadline, type TrainState, versionOf } from './plan-state.ts';
import type { TrainTask } from './task.ts';

/** Part of the time to the deadline that the expected work may fill: estimates err, and blobs have to travel. */
const DEADLINE_MARGIN = 0.6;
/** Latest joiners: those who can still take this part of H. */
const LEAST_PART = 1 / 4;
/** Who joins in this first part of a round's expected time counts as there from its start. */
const TOGETHER_PART = 1 / 4;
/** Slack for downloads and the upload beside three times the expected time. */
const TRAVEL_MS = 15_000;

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
  /** Time that those who joined together may fill with steps; time that a latecomer may. */
  readonly togetherMs: number;
  readonly lateMs: number;
}

interface Chance {
  readonly id: string;
  readonly steps: number;
  readonly expectedMs: number;
  readonly restMs: number;
}

/** When those who compute on a module should be done, by module; a module that nobody computes on is missing. */
function endsOf(state: TrainState, now: number): Map<string, number> {
  const ends = new Map<string, number>();
  for (const id in state.leases) {
    const lease = state.leases[id]!;
    if (lease.received) continue;
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
  const { quorum, replicas, inner, totalSteps, roundDeadlineMs } = run.spec;
  const path = state.paths[id]!;
  const { modules, shard } = run.paths[id]!;
  if (!shard || isComplete(run, path)) return null;
  const live = path.leases.length;
  if (live >= replicas) return null;
  let [least, most, full] = [Number.POSITIVE_INFINITY, 0, false];
  let [openedAt, deadline] = [now, Number.POSITIVE_INFINITY];
  for (const name of modules) {
    const module = state.modules[name]!;
    if (module.folding) return null;
    const given = countGiven(path, name, versionOf(run, name));
    least = Math.min(least, given + live);
    most = Math.max(most, given + live);
    full ||= given >= quorum;
    openedAt = Math.min(openedAt, module.openedAt ?? now);
    deadline = Math.min(deadline, runningDeadline(run, module, now) ?? Number.POSITIVE_INFINITY);
  }
  const fresh = deadline === Number.POSITIVE_INFINITY;
  const restMs = fresh ? roundDeadlineMs : deadline - now;
  const whole = Math.min(inner.steps, totalSteps - path.steps);
  const needed = !full && least < quorum;
  const byDeadlineMs = DEADLINE_MARGIN * restMs;
  const opening = { id, needed, least, whole, restMs, fresh: needed && fresh };
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

/** Openings as they were last looked up: many volunteers are asked about between two changes of the state. */
const lookedUp = new WeakMap<TrainState, { readonly now: number; readonly openings: readonly Opening[] }>();

/** To be called whenever the state, or a version of a module of its run, has changed. */
export const forgetOpenings = (state: TrainState): boolean => lookedUp.delete(state);

function openingsOf(state: TrainState, run: RunFacts, now: number): readonly Opening[] {
  const known = lookedUp.get(state);
  if (known?.now === now) return known.openings;
  let ends: Map<string, number> | null = null;
  const endsByModule = () => {
    ends ??= endsOf(state, now);
    return ends;
  };
  const openings: Opening[] = [];
  for (const id in state.paths) {
    const opening = openingOf(state, run, id, now, endsByModule);
    if (opening) openings.push(opening);
  }
  lookedUp.set(state, { now, openings });
  return openings;
}

const tokensPerStep = ({ spec }: RunFacts): number => spec.inner.batch * spec.model.context;

/** Milliseconds that a step takes a volunteer; of unknown speed, as if a whole lease just fitted into a round. */
const stepMsOf = (run: RunFacts, tokensPerSecond: number): number =>
  tokensPerSecond > 0
    ? (1000 * tokensPerStep(run)) / tokensPerSecond
    : (DEADLINE_MARGIN * run.spec.roundDeadlineMs) / run.spec.inner.steps;

/** Who is fast enough to get a lease of any path, rounded in their favour; null when there is none to give. */
export function openTo(state: TrainState, run: RunFacts, now: number): ((tokensPerSecond: number) => boolean) | null {
  let mostStepMs = 0;
  for (const { fresh, togetherMs, whole } of openingsOf(state, run, now)) {
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
  return { id, steps, expectedMs: steps * stepMs, restMs };
}

/** Bytes that training a path takes: parameters, gradient, moments and a copy; and the activations of one batch. */
function memoryBytes(run: RunFacts, id: string): number {
  const { model, inner } = run.spec;
  const parameters = run.paths[id]!.modules.reduce((sum, name) => sum + run.modules[name]!.parameterCount, 0);
  const perToken = model.blocks * (16 * model.width + 2 * model.heads * model.context) + 3 * model.vocabulary;
  return 4 * (5 * parameters + inner.batch * model.context * perToken);
}

/**
 * The best lease for a volunteer: paths that need a contribution first, then those with the fewest replicas, then
 * those that took part in the fewest rounds, then the path whose state the volunteer keeps.
 */
export function bestOffer(state: TrainState, run: RunFacts, volunteer: VolunteerFacts, now: number): Task | null {
  let best: { rank: number[]; chance: Chance } | null = null;
  for (const opening of openingsOf(state, run, now)) {
    const { id, needed, least } = opening;
    const rank = [needed ? 0 : 1, least, state.paths[id]!.rounds, volunteer.path === id ? 0 : 1];
    if (best && !isBefore(rank, best.rank)) continue;
    if (volunteer.memoryBytes > 0 && volunteer.memoryBytes < memoryBytes(run, id)) continue;
    const chance = chanceOf(state, run, opening, volunteer);
    if (chance) best = { rank, chance };
  }
  return best && taskOf(state, run, best.chance);
}

function isBefore(a: readonly number[], b: readonly number[]): boolean {
  const i = a.findIndex((value, at) => value !== b[at]);
  return i >= 0 && a[i]! < b[i]!;
}

function taskOf(state: TrainState, run: RunFacts, { id, steps, expectedMs, restMs }: Chance): Task {
  const { spec } = run;
  const path = state.paths[id]!;
  const { modules, shard } = run.paths[id]!;
  const round = 1 + Math.max(...modules.map((name) => versionOf(run, name)));
  const body: TrainTask = {
    path: id,
    round,
    model: spec.model,
    levels: levelsOf(spec),
    embedding: spec.embedding,
    inner: spec.inner,
    modules: modules.map((name) => ({ name, version: versionOf(run, name), ...run.modules[name]!.blob })),
    shard: shard!,
    steps,
    globalStep: path.steps,
    totalSteps: spec.totalSteps,
    seed: seedOf(`${spec.seed}/${id}/${path.grants}`),
    codec: 'f32',
  };
  return {
    key: `path ${id} round ${round}`,
    body: body as Json,
    steps,
    tokens: steps * tokensPerStep(run),
    durationMs: Math.ceil(Math.min(restMs, 3 * expectedMs + TRAVEL_MS)),
    expectedMs: Math.ceil(Math.min(restMs, expectedMs)),
    priority: 0,
    maxPayloadBytes: 4 * modules.reduce((sum, name) => sum + run.modules[name]!.parameterCount, 0),
    path: id,
  };
}

/** FNV-1a with a final mix: 32 bits that differ for each text. */
function seedOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
