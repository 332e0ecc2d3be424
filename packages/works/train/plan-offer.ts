import type { Json, RunFacts, Task, VolunteerFacts } from '@pathfold/coordination/work-plan';
import { levelsOf } from '@pathfold/protocol/run-spec';
import {
  givenTo,
  isComplete,
  overdueAt,
  type PathState,
  runningDeadline,
  type TrainState,
  versionOf,
} from './plan-state.ts';
import type { TrainTask } from './task.ts';

/** Part of the time to the deadline that the expected work may fill: estimates err, and blobs have to travel. */
const DEADLINE_MARGIN = 0.6;
/** Latest joiners: those who can still take this part of H. */
const LEAST_PART = 1 / 4;
/** Who joins in this first part of a round's expected time counts as there from its start. */
const TOGETHER_PART = 1 / 4;
/** Slack for downloads and the upload beside three times the expected time. */
const TRAVEL_MS = 15_000;

/** Where a path stands in the rounds of its modules. */
interface Standing {
  /** Contributions and open leases, of the module that has the fewest. */
  readonly least: number;
  readonly most: number;
  /** Without a further contribution a round of its modules cannot end well. */
  readonly needed: boolean;
  /** Another replica may join what is under way. */
  readonly joinable: boolean;
}

interface Chance {
  readonly id: string;
  readonly steps: number;
  readonly expectedMs: number;
  readonly restMs: number;
}

/** Null when the path can get no lease now: complete, or a module that it needs is being folded. */
function standingOf(state: TrainState, run: RunFacts, id: string): Standing | null {
  const { quorum, replicas } = run.spec;
  const path = state.paths[id]!;
  const modules = run.paths[id]!.modules;
  if (isComplete(run, path) || modules.some((name) => state.modules[name]!.folding)) return null;
  const live = path.leases.length;
  let [least, most, full] = [Number.POSITIVE_INFINITY, 0, false];
  for (const name of modules) {
    const given = path.contributions.length === 0 ? 0 : givenTo(run, path, name).length;
    least = Math.min(least, given + live);
    most = Math.max(most, given + live);
    full ||= given >= quorum;
  }
  const aligned = path.contributions.every(({ base }) => modules.every((name) => base[name] === versionOf(run, name)));
  return { least, most, needed: !full && least < quorum, joinable: aligned && most < replicas };
}

/** Whether a path may have a lease to give. */
export const hasOpening = (state: TrainState, run: RunFacts): boolean =>
  Object.keys(state.paths).some((id) => {
    const standing = standingOf(state, run, id);
    return standing !== null && (standing.needed || standing.joinable);
  });

/** When those who compute on a module of this path should be done; null when nobody does. */
function othersEnd(state: TrainState, run: RunFacts, id: string, now: number): number | null {
  const modules = new Set(run.paths[id]!.modules);
  let end: number | null = null;
  for (const lease of Object.values(state.leases)) {
    if (lease.received || !run.paths[lease.path]!.modules.some((name) => modules.has(name))) continue;
    end = Math.max(end ?? now, now < overdueAt(lease) ? lease.grantedAt + lease.expectedMs : lease.deadlineAt);
  }
  return end;
}

const tookPart = (state: TrainState, path: PathState, volunteer: string): boolean =>
  path.contributions.some((contribution) => contribution.volunteer === volunteer) ||
  path.leases.some((lease) => state.leases[lease]!.volunteer === volunteer);

/** The steps that a volunteer could take on a path now; null when it should wait for the next round. */
function chanceOf(
  state: TrainState,
  run: RunFacts,
  id: string,
  standing: Standing,
  volunteer: VolunteerFacts,
  now: number,
): Chance | null {
  const { inner, roundDeadlineMs, totalSteps } = run.spec;
  const path = state.paths[id]!;
  const modules = run.paths[id]!.modules.map((name) => state.modules[name]!);
  const whole = Math.min(inner.steps, totalSteps - path.steps);
  const deadlines = modules.map((module) => runningDeadline(run, module, now)).filter((at) => at !== null);
  const restMs = Math.min(roundDeadlineMs, ...deadlines.map((at) => at - now));
  const stepMs = volunteer.tokensPerSecond
    ? (1000 * inner.batch * run.spec.model.context) / volunteer.tokensPerSecond
    : (DEADLINE_MARGIN * roundDeadlineMs) / inner.steps;
  const chance = (steps: number): Chance => ({ id, steps, expectedMs: steps * stepMs, restMs });
  let steps = Math.min(whole, Math.floor((DEADLINE_MARGIN * restMs) / stepMs));
  if (standing.needed && deadlines.length === 0) return chance(Math.max(1, steps));
  if (!standing.needed) {
    const end = othersEnd(state, run, id, now);
    if (end === null) return null;
    const openedAt = Math.min(...modules.map((module) => module.openedAt ?? now));
    const together = now - openedAt <= TOGETHER_PART * (end - openedAt) && !tookPart(state, path, volunteer.id);
    if (!together) steps = Math.min(steps, Math.floor((end - now) / stepMs));
  }
  return steps >= Math.max(1, LEAST_PART * whole) ? chance(steps) : null;
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
  for (const id of Object.keys(state.paths)) {
    const standing = standingOf(state, run, id);
    if (!standing || !(standing.needed || standing.joinable)) continue;
    if (volunteer.memoryBytes > 0 && volunteer.memoryBytes < memoryBytes(run, id)) continue;
    const own = volunteer.path === id ? 0 : 1;
    const rank = [standing.needed ? 0 : 1, standing.least, state.paths[id]!.rounds, own];
    if (best && !isBefore(rank, best.rank)) continue;
    const chance = chanceOf(state, run, id, standing, volunteer, now);
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
    inner: spec.inner,
    modules: modules.map((name) => ({ name, version: versionOf(run, name), ...run.modules[name]!.blob })),
    shard,
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
    tokens: steps * spec.inner.batch * spec.model.context,
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
