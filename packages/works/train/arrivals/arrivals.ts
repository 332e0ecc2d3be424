import type { RunFacts } from '@pathfold/coordination/work-plan';
import { takesShares } from '@pathfold/protocol/run-spec';
import {
  type Contribution,
  isAsync,
  isComplete,
  looseIn,
  type ModuleState,
  median,
  type TrainState,
  versionOf,
} from '../state.ts';

/** A contribution that a module is to fold, with its path. */
export interface Arrival {
  readonly id: string;
  readonly contribution: Contribution;
}

/** The arrivals that a module folds now, or when to look again; null when nothing but an event changes that. */
export function dueArrivals(
  state: TrainState,
  run: RunFacts,
  name: string,
  now: number,
): { taken: Arrival[] } | { at: number } | null {
  const module = state.modules[name]!;
  if (module.owed === 0) return null;
  const { mode, async } = run.spec;
  const graceEndsAt = module.graceEndsAt ?? now;
  const leases = module.paths.flatMap((id) => state.paths[id]!.leases.map((lease) => state.leases[lease]!));
  const later = now < graceEndsAt ? { at: graceEndsAt } : null;
  if (leases.some(({ receivedAt }) => receivedAt !== null && receivedAt <= graceEndsAt)) return later;
  if (isAsync(mode, module)) {
    const computing = leases.some(({ receivedAt }) => receivedAt === null);
    if (later && computing) return later;
    const more = computing || module.paths.some((id) => !isComplete(run, id, state.paths[id]!));
    if (module.owed < async.quorum && more) return later;
  }
  const owed = module.paths.flatMap((id) =>
    state.paths[id]!.contributions.filter((contribution) => contribution.owed.includes(name)).map((contribution) => ({
      id,
      contribution,
    })),
  );
  const first = owed.toSorted((a, b) => a.contribution.receivedAt - b.contribution.receivedAt);
  return { taken: first.slice(0, async.buffer ?? first.length) };
}

/**
 * When the grace period of an arrival ends: a part of the time that the tasks under way, and this one, were to take, if
 * at least half of them are due by then, and a quarter of that if not: those who are out of step gain little by waiting.
 * Or with the period that another module has begun, so that a path's modules have their new versions at one time.
 */
export function graceEnd(state: TrainState, run: RunFacts, expectedMs: number, now: number): number {
  const running = Object.values(state.modules)
    .map(({ graceEndsAt }) => graceEndsAt ?? 0)
    .filter((at) => at > now);
  if (running.length > 0) return Math.min(...running);
  const leases = Object.values(state.leases);
  const ms = run.spec.async.grace * median([expectedMs, ...leases.map((lease) => lease.expectedMs)]);
  const due = leases.filter((lease) => lease.receivedAt !== null || lease.grantedAt + lease.expectedMs <= now + ms);
  return now + (2 * due.length >= leases.length ? ms : ms / 4);
}

/** Weight of a contribution among others: tokens of its shard and steps taken; at arrivals as far as they are believed. */
export const weightOf = (run: RunFacts, { id, contribution }: Arrival): number =>
  run.paths[id]!.shardTokens * stepsOf(contribution);
export const roundWeightOf = (run: RunFacts, { id, contribution }: Arrival): number =>
  run.paths[id]!.shardTokens * contribution.steps;

const stepsOf = ({ steps, believed = steps }: Contribution): number => believed;

/** The part of a delta that staleness leaves (Async Local-SGD section 5, polynomial weights). */
export const discountOf = ({ spec }: RunFacts, staleness: number): number =>
  (1 + staleness) ** -spec.async.stalenessPower;

/** Volunteers whose work a module can count on, by their last weight; null for those who have given it none yet. */
function atWork(state: TrainState, name: string, now: number): Map<string, number | null> {
  const module = state.modules[name]!;
  const all = new Map<string, number | null>();
  for (const [volunteer, { weight, until }] of Object.entries(module.workers))
    if (until > now) all.set(volunteer, weight);
  for (const id of module.paths)
    for (const lease of state.paths[id]!.leases) {
      const { volunteer } = state.leases[lease]!;
      all.set(volunteer, module.workers[volunteer]?.weight ?? null);
    }
  return all;
}

/** Volunteers at work up to whom `mostStaleness` is as it is set: with more, each version is a smaller part of a step. */
const FEW = 4;

/** Versions that a module may have moved on by before late work is refused. */
export const mostVersions = (state: TrainState, run: RunFacts, name: string, now: number): number =>
  run.spec.async.mostStaleness * Math.max(1, atWork(state, name, now).size / FEW);

/**
 * Part of a whole outer step that these arrivals are: their weight over that of a whole buffer, which holds N
 * contributions, one of each volunteer at work. A volunteer's many small contributions count as its work, not as their
 * number; all N together are one step. A buffer of fixed size that is full is a whole step, whosever work is in it
 * (FedBuff; of size one, each arrival); and so is what is left of one where the outer optimizer knows whole steps only.
 */
export function shareOf(
  state: TrainState,
  run: RunFacts,
  name: string,
  taken: readonly Arrival[],
  now: number,
): number {
  if (taken.length === run.spec.async.buffer || !takesShares(run.spec.outer)) return 1;
  const workers = atWork(state, name, now);
  const own = new Map<string, number>();
  for (const arrival of taken) {
    const { volunteer } = arrival.contribution;
    own.set(volunteer, (own.get(volunteer) ?? 0) + weightOf(run, arrival));
  }
  for (const [volunteer, weight] of own) workers.set(volunteer, weight);
  const weights = [...workers.values()].filter((weight) => weight !== null);
  const buffer = Math.max(run.spec.async.buffer ?? workers.size, own.size);
  const counted = sum(taken.map((arrival) => weightOf(run, arrival)));
  return Math.min(1, (counted * weights.length) / (sum(weights) * buffer));
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** An asynchronous fold has begun: its contributions owe this module nothing more, and move their paths' schedules. */
export function settleArrivals(
  state: TrainState,
  run: RunFacts,
  name: string,
  leases: readonly string[],
  now: number,
): void {
  const module = state.modules[name]!;
  const used = new Set(leases);
  for (const id of module.paths) {
    const path = state.paths[id]!;
    const own = path.contributions.filter(({ lease }) => used.has(lease));
    if (own.length === 0) continue;
    for (const contribution of own) {
      contribution.owed = contribution.owed.filter((other) => other !== name);
      const { volunteer, expectedMs, receivedAt } = contribution;
      const weight = weightOf(run, { id, contribution });
      module.workers[volunteer] = { path: id, weight, until: receivedAt + 2 * expectedMs };
    }
    if (name === run.paths[id]!.modules[0]) {
      const live = path.leases.map((lease) => state.leases[lease]!.volunteer);
      const recent = Object.keys(module.workers).filter(
        (volunteer) => module.workers[volunteer]!.path === id && module.workers[volunteer]!.until > now,
      );
      const steps = sum(own.map(stepsOf));
      path.steps += steps / new Set([...live, ...recent, ...own.map(({ volunteer }) => volunteer)]).size;
      path.rounds++;
      path.stale = false;
    }
  }
  for (const [volunteer, { until }] of Object.entries(module.workers))
    if (until <= now) delete module.workers[volunteer];
  module.owed -= used.size;
  module.graceEndsAt = module.owed > 0 ? now : null;
}

/** Notes which modules step at arrivals in mode `hybrid`. Answers whether these are others than before. */
function chooseLoose(state: TrainState, run: RunFacts): boolean {
  let changed = false;
  for (const [name, module] of Object.entries(state.modules)) {
    const was = isAsync('hybrid', module);
    const loose = looseIn(run, name);
    if (loose === undefined) delete module.loose;
    else module.loose = loose;
    changed ||= was !== isAsync('hybrid', module);
  }
  return changed;
}

/** Work accepted before modules began to step asynchronously is owed a fold; leases go by the new rules. */
export function settleMode(state: TrainState, run: RunFacts): void {
  const { mode } = run.spec;
  const others = mode === 'hybrid' && chooseLoose(state, run);
  // With other modules at arrivals, what is under way is owed to all of them: what was given to a round goes along.
  const loose = Object.keys(state.modules).filter((name) => others || isAsync(mode, state.modules[name]!));
  // A lease keeps the rules that take more of it: what was granted at arrivals never finds its round over.
  for (const lease of Object.values(state.leases)) {
    if (others) lease.mode = 'async';
    else if (mode === 'async' || (mode === 'hybrid' && lease.mode === 'sync')) lease.mode = mode;
  }
  for (const name of loose) oweGiven(state, run, name);
}

/** A module steps at arrivals from now on: what was given to its round is owed a fold, and has waited long enough. */
export function oweGiven(state: TrainState, run: RunFacts, name: string): void {
  const module = state.modules[name]!;
  module.given = 0;
  for (const id of module.paths)
    for (const contribution of state.paths[id]!.contributions) {
      const isUsed = module.folding?.includes(contribution.lease) ?? false;
      if (isUsed || contribution.owed.includes(name) || contribution.base[name] !== versionOf(run, name)) continue;
      contribution.owed.push(name);
      owe(run, module, 0, 0);
    }
}

/**
 * One more arrival is owed a fold. The one that completes the quorum opens the grace period (Decoupled DiLoCo section 3);
 * before it nobody is waited for.
 */
export function owe(run: RunFacts, module: ModuleState, graceEndsAt: number, now: number): void {
  const { quorum } = run.spec.async;
  module.owed++;
  if (module.owed < quorum) module.graceEndsAt ??= now;
  else if (module.graceEndsAt === null || (module.owed === quorum && graceEndsAt > now))
    module.graceEndsAt = graceEndsAt;
}
