import type {
  ContributionFacts,
  Fold,
  Growth,
  Outcome,
  RunFacts,
  Summary,
  WorkPlan,
} from '@pathfold/coordination/work-plan';
import type { ErrorCode } from '@pathfold/protocol/errors';
import { trainingBytesOf } from '../footprint.ts';
import { graceEnd, mostVersions, owe, oweGiven, settleArrivals, settleMode } from './arrivals/arrivals.ts';
import { comparableNorm, typicalNorm, withNorm } from './norms.ts';
import { bestOffer, openTo } from './offer/offer.ts';
import { noteOutcome } from './offer/openings.ts';
import { believedSteps, notePace } from './offer/pace.ts';
import { forgetOverdue, noteClosed, noteOpened } from './rounds/overdue.ts';
import { type Remembered, remember, settleRolledBack } from './rounds/rollback.ts';
import { dueFolds, settleFolded } from './rounds/rounds.ts';
import {
  type Base,
  growState,
  initialTrainState,
  isAsync,
  isComplete,
  moduleOf,
  type OpenLease,
  overdueAt,
  runningDeadline,
  starvingPaths,
  type TrainState,
  versionOf,
} from './state.ts';
import type { TrainFoldInput, TrainTask } from './task.ts';

/** Accepted norms that a new one needs to be compared with, and how many times the typical one it may be. */
const NORMS_NEEDED = 4;
const REFUSED_MEDIANS = 20;

/**
 * DiLoCo over the paths of a DiPaCo (a dense model has one path). Each module has its own rounds: a lease starts from
 * the newest versions of its path's modules, its contribution goes into the next version of each.
 */
export const trainPlan: WorkPlan<TrainState> = {
  name: 'train',
  init: initialTrainState,
  traits: { memoryBytes: trainingBytesOf },
  open: openTo,
  offer: bestOffer,
  settle,
  orders: { remember },

  plan(state, run, now) {
    const done =
      Object.values(state.modules).every(
        ({ live, folding, given, owed }) => live === 0 && folding === null && given + owed === 0,
      ) && Object.entries(state.paths).every(([id, path]) => isComplete(run, id, path));
    return { ...dueFolds(state, run, now), done };
  },

  admit(state, run, contribution): ErrorCode | null {
    const lease = state.leases[contribution.lease];
    const refusal = lease ? refusalOf(state, run, lease) : 'round_over';
    if (!lease || refusal) return refusal;
    const { volunteer, report } = contribution;
    const { steps } = report;
    if (steps < 1 || steps > lease.steps) return 'bad_steps';
    const norm = comparableNorm(run, normOf(contribution), steps);
    if (!Number.isFinite(norm)) return 'not_finite';
    const isTooLarge = norm > REFUSED_MEDIANS * typicalNorm(state.norms, { volunteer, norm });
    return state.norms.length >= NORMS_NEEDED && isTooLarge ? 'norm_out_of_bounds' : null;
  },

  pages: { summary },
};

function summary(state: TrainState, run: RunFacts): Summary {
  const paths: NonNullable<Summary['paths']> = {};
  const starving = starvingPaths(state, run);
  for (const [id, { steps }] of Object.entries(state.paths)) {
    const round = Math.min(...run.paths[id]!.modules.map((name) => versionOf(run, name)));
    paths[id] = { round, steps: Math.floor(steps), stale: starving.has(id) };
  }
  const trained = Object.keys(paths).filter((id) => !isComplete(run, id, state.paths[id]!));
  const all = (trained.length > 0 ? trained : Object.keys(paths)).map((id) => paths[id]!);
  return {
    round: Math.min(...all.map(({ round }) => round)),
    steps: Math.min(...all.map(({ steps }) => steps)),
    tokens: state.tokens,
    paths,
  };
}

/**
 * Why the base of a lease is too old; null when it is not. Who comes in its time is taken where modules step at arrivals,
 * however many others they have folded since: each moved the model the less the more they are.
 */
function refusalOf(state: TrainState, run: RunFacts, lease: OpenLease): ErrorCode | null {
  const { mode, base, receivedAt } = lease;
  const isLate = receivedAt !== null && receivedAt >= overdueAt(lease);
  for (const [name, version] of Object.entries(base)) {
    const staleness = versionOf(run, name) - version;
    const isLoose = isAsync(mode, state.modules[name]!);
    if (!isLoose && staleness !== 0) return 'round_over';
    if (isLoose && isLate && staleness > mostVersions(state, run, name, receivedAt)) return 'too_stale';
  }
  return null;
}

const normOf = (contribution: ContributionFacts): number => contribution.figures['norm'] ?? 0;

function settle(state: TrainState, run: RunFacts, outcome: Outcome, now: number): void {
  noteOutcome(state, run, outcome);
  switch (outcome.type) {
    case 'granted':
      settleGranted(state, run, outcome, now);
      break;
    case 'received': {
      const lease = state.leases[outcome.lease];
      if (lease) lease.receivedAt = now;
      break;
    }
    case 'ended':
      settleEnded(state, outcome.lease, now);
      break;
    case 'accepted':
      settleAccepted(state, run, outcome, now);
      break;
    case 'begun':
      settleBegun(state, run, outcome.fold, now);
      break;
    case 'folded':
      settleFolded(state, run, moduleOf(state, run, outcome.fold));
      break;
    case 'resumed':
      shiftClocks(state, outcome.pausedMs);
      break;
    case 'mode':
      settleMode(state, run);
      break;
    case 'rolledBack':
      forgetOverdue(state);
      settleRolledBack(state, outcome.remembered as unknown as Remembered);
      break;
    case 'routed':
      if (outcome.growth) settleGrowth(state, run, outcome.growth);
      for (const path of Object.values(state.paths)) delete path.servedAt;
      break;
    case 'requested':
      break;
  }
}

/** A module that more than one path crosses now may step at arrivals from now on. */
function settleGrowth(state: TrainState, run: RunFacts, growth: Growth): void {
  const { mode } = run.spec;
  const tight = Object.keys(state.modules).filter((name) => !isAsync(mode, state.modules[name]!));
  growState(state, run, growth);
  for (const name of tight) if (isAsync(mode, state.modules[name]!)) oweGiven(state, run, name);
}

function settleBegun(state: TrainState, run: RunFacts, { key, input, contributions }: Fold, now: number): void {
  const { name } = (input as unknown as TrainFoldInput).module;
  const module = state.modules[name]!;
  module.merging = module.owed > 0;
  module.folding = [...contributions];
  module.fold = key;
  if (module.merging) settleArrivals(state, run, name, contributions, now);
  else Object.assign(module, { given: 0, openedAt: null });
}

function settleGranted(
  state: TrainState,
  run: RunFacts,
  { lease, volunteer, task }: Extract<Outcome, { type: 'granted' }>,
  now: number,
): void {
  const { path, steps, globalStep, modules } = task.body as unknown as TrainTask;
  const base: Base = {};
  for (const { name, version } of modules) {
    base[name] = version;
    const module = state.modules[name]!;
    module.live++;
    if (runningDeadline(run, module, now) === null && !isAsync(run.spec.mode, module)) module.openedAt = now;
  }
  const { durationMs, expectedMs } = task;
  const deadlineAt = now + durationMs;
  state.leases[lease] = {
    ...{ path, volunteer, steps, globalStep, base, mode: run.spec.mode, grantedAt: now, deadlineAt, expectedMs },
    receivedAt: null,
  };
  noteOpened(state, state.leases[lease]!);
  state.paths[path]!.leases.push(lease);
  state.paths[path]!.grants++;
}

function settleAccepted(
  state: TrainState,
  run: RunFacts,
  { contribution, trusted }: Extract<Outcome, { type: 'accepted' }>,
  now: number,
): void {
  const { lease, volunteer, sha256, report } = contribution;
  const open = state.leases[lease];
  if (!open) return;
  const { steps, tokens, loss } = report;
  const norm = normOf(contribution);
  const { path, base, globalStep, grantedAt, expectedMs, mode } = open;
  const receivedAt = open.receivedAt ?? now;
  state.norms = withNorm(state.norms, { volunteer, norm: comparableNorm(run, norm, steps) });
  state.tokens += tokens;
  const owed = Object.keys(base).filter((name) => isAsync(mode, state.modules[name]!));
  const believed = trusted || owed.length === 0 ? steps : believedSteps(state, run, open, steps, receivedAt);
  notePace(state, open, steps, receivedAt);
  for (const other of Object.values(state.paths)) other.servedAt ??= now;
  state.paths[path]!.servedAt = now;
  const { homes = [] } = state.paths[path]!;
  state.paths[path]!.homes = [volunteer, ...homes.filter((other) => other !== volunteer)].slice(0, run.spec.replicas);
  state.paths[path]!.contributions.push({
    ...{ lease, volunteer, sha256, steps, tokens, loss, norm, globalStep, base },
    ...{ grantedAt, receivedAt, expectedMs, owed: [...owed] },
    ...(believed < steps && { believed }),
  });
  const graceEndsAt = owed.length > 0 ? graceEnd(state, run, expectedMs, now) : null;
  for (const [name, version] of Object.entries(base)) {
    const module = state.modules[name]!;
    if (owed.includes(name)) owe(run, module, graceEndsAt!, now);
    else if (version === versionOf(run, name) && !module.folding) module.given++;
  }
  closeLease(state, lease);
}

/** Late work was late also where it is refused: the next lease has fewer steps. */
function settleEnded(state: TrainState, id: string, now: number): void {
  const lease = state.leases[id];
  if (lease) {
    const { receivedAt, deadlineAt, steps } = lease;
    // A volunteer that let a lease run out is taken to need twice its time.
    if (receivedAt === null && now >= deadlineAt) notePace(state, lease, steps / 2, now);
    else if (receivedAt !== null && receivedAt >= overdueAt(lease)) notePace(state, lease, steps, receivedAt);
  }
  closeLease(state, id);
}

/** A module that has neither a lease nor a contribution left starts its next round afresh. */
function closeLease(state: TrainState, id: string): void {
  const lease = state.leases[id];
  if (!lease) return;
  delete state.leases[id];
  noteClosed(state, lease);
  const path = state.paths[lease.path]!;
  path.leases = path.leases.filter((other) => other !== id);
  for (const name of Object.keys(lease.base)) {
    const module = state.modules[name]!;
    module.live--;
    if (module.live === 0 && module.given === 0) module.openedAt = null;
  }
}

function shiftClocks(state: TrainState, ms: number): void {
  forgetOverdue(state);
  for (const [volunteer, pace] of Object.entries(state.paces)) state.paces[volunteer] = { ...pace, at: pace.at + ms };
  for (const path of Object.values(state.paths)) if (path.servedAt !== undefined) path.servedAt += ms;
  for (const module of Object.values(state.modules)) {
    if (module.openedAt !== null) module.openedAt += ms;
    if (module.graceEndsAt !== null) module.graceEndsAt += ms;
    for (const [volunteer, worker] of Object.entries(module.workers))
      module.workers[volunteer] = { ...worker, until: worker.until + ms };
  }
  for (const lease of Object.values(state.leases)) {
    lease.grantedAt += ms;
    lease.deadlineAt += ms;
    if (lease.receivedAt !== null) lease.receivedAt += ms;
  }
}
