import type { ContributionFacts, Outcome, RunFacts, Summary, WorkPlan } from '@pathfold/coordination/work-plan';
import type { ErrorCode } from '@pathfold/protocol/errors';
import { dueFolds, moduleOf, settleFolded } from './plan-fold.ts';
import { bestOffer, forgetOpenings, openTo } from './plan-offer.ts';
import {
  type Base,
  initialTrainState,
  isComplete,
  median,
  runningDeadline,
  type TrainState,
  versionOf,
} from './plan-state.ts';
import type { TrainTask } from './task.ts';

/** Accepted norms that a new one is compared with, and how many times their median it may be. */
const NORMS_KEPT = 32;
const NORMS_NEEDED = 4;
const NORM_MEDIANS = 20;

/**
 * DiLoCo over the paths of a DiPaCo (a dense model has one path). Each module has its own rounds: a lease starts from
 * the newest versions of its path's modules, its contribution goes into the next version of each.
 */
export const trainPlan: WorkPlan<TrainState> = {
  name: 'train',
  init: initialTrainState,
  open: openTo,
  offer: bestOffer,
  settle,

  plan(state, run, now) {
    const done =
      Object.values(state.paths).every((path) => isComplete(run, path) && path.leases.length === 0) &&
      Object.values(state.modules).every((module) => module.folding === null && module.given === 0);
    return { ...dueFolds(state, run, now), done };
  },

  admit(state, run, contribution): ErrorCode | null {
    const lease = state.leases[contribution.lease];
    if (!lease || !isCurrent(run, lease.base)) return 'round_over';
    const { steps } = contribution.report;
    if (steps < 1 || steps > lease.steps) return 'bad_steps';
    const norm = normOf(contribution);
    if (!Number.isFinite(norm)) return 'not_finite';
    if (state.norms.length >= NORMS_NEEDED && norm > NORM_MEDIANS * median(state.norms)) return 'norm_out_of_bounds';
    return null;
  },

  summary(state, run): Summary {
    const paths: NonNullable<Summary['paths']> = {};
    for (const [id, { steps, stale }] of Object.entries(state.paths)) {
      const round = Math.min(...run.paths[id]!.modules.map((name) => versionOf(run, name)));
      paths[id] = { round, steps, stale };
    }
    const all = Object.values(paths);
    return {
      round: Math.min(...all.map(({ round }) => round)),
      steps: Math.min(...all.map(({ steps }) => steps)),
      tokens: state.tokens,
      paths,
    };
  },
};

const isCurrent = (run: RunFacts, base: Base): boolean =>
  Object.entries(base).every(([name, version]) => version === versionOf(run, name));

const normOf = (contribution: ContributionFacts): number => contribution.figures['norm'] ?? 0;

function settle(state: TrainState, run: RunFacts, outcome: Outcome, now: number): void {
  forgetOpenings(state);
  switch (outcome.type) {
    case 'granted':
      settleGranted(state, run, outcome, now);
      break;
    case 'received': {
      const lease = state.leases[outcome.lease];
      if (lease) lease.received = true;
      break;
    }
    case 'ended':
      closeLease(state, outcome.lease);
      break;
    case 'accepted':
      settleAccepted(state, run, outcome.contribution);
      break;
    case 'begun':
      Object.assign(state.modules[moduleOf(outcome.fold.key)]!, {
        folding: [...outcome.fold.contributions],
        given: 0,
        openedAt: null,
      });
      break;
    case 'folded':
      settleFolded(state, run, moduleOf(outcome.fold));
      break;
    case 'resumed':
      shiftClocks(state, outcome.pausedMs);
      break;
    case 'requested':
      break;
  }
}

function settleGranted(
  state: TrainState,
  run: RunFacts,
  { lease, volunteer, task }: Extract<Outcome, { type: 'granted' }>,
  now: number,
): void {
  const { path, steps, modules } = task.body as unknown as TrainTask;
  const base: Base = {};
  for (const { name, version } of modules) {
    base[name] = version;
    const module = state.modules[name]!;
    module.live++;
    if (runningDeadline(run, module, now) === null) module.openedAt = now;
  }
  const { durationMs, expectedMs } = task;
  const deadlineAt = now + durationMs;
  state.leases[lease] = { path, volunteer, steps, base, grantedAt: now, deadlineAt, expectedMs, received: false };
  state.paths[path]!.leases.push(lease);
  state.paths[path]!.grants++;
}

function settleAccepted(state: TrainState, run: RunFacts, contribution: ContributionFacts): void {
  const { lease, volunteer, sha256, report } = contribution;
  const open = state.leases[lease];
  if (!open) return;
  const { steps, tokens, loss } = report;
  const norm = normOf(contribution);
  state.norms = [...state.norms, norm].slice(-NORMS_KEPT);
  state.tokens += tokens;
  state.paths[open.path]!.contributions.push({ lease, volunteer, sha256, steps, tokens, loss, norm, base: open.base });
  for (const [name, version] of Object.entries(open.base)) {
    const module = state.modules[name]!;
    if (version === versionOf(run, name) && !module.folding) module.given++;
  }
  closeLease(state, lease);
}

/** A module that has neither a lease nor a contribution left starts its next round afresh. */
function closeLease(state: TrainState, id: string): void {
  const lease = state.leases[id];
  if (!lease) return;
  delete state.leases[id];
  const path = state.paths[lease.path]!;
  path.leases = path.leases.filter((other) => other !== id);
  for (const name of Object.keys(lease.base)) {
    const module = state.modules[name]!;
    module.live--;
    if (module.live === 0 && module.given === 0) module.openedAt = null;
  }
}

function shiftClocks(state: TrainState, ms: number): void {
  for (const module of Object.values(state.modules)) if (module.openedAt !== null) module.openedAt += ms;
  for (const lease of Object.values(state.leases)) {
    lease.grantedAt += ms;
    lease.deadlineAt += ms;
  }
}
