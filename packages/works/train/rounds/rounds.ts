import { codecsOf } from '@pathfold/compression/codecs';
import { q } from '@pathfold/compression/q';
import type { Fold, Json, LatticeFacts, RunFacts } from '@pathfold/coordination/work-plan';
import { type Arrival, discountOf, dueArrivals, roundWeightOf, shareOf, weightOf } from '../arrivals/arrivals.ts';
import { comparableNorm, typicalNorm } from '../norms.ts';
import {
  type Base,
  type Contribution,
  foldKey,
  givenTo,
  isAsync,
  isComplete,
  type Lost,
  median,
  runningDeadline,
  type TrainState,
  versionOf,
} from '../state.ts';
import type { TrainFoldInput } from '../task.ts';
import { nextOverdue } from './overdue.ts';

/** A contribution counts with at most so many times the median norm of its round; at arrivals, of what volunteers send. */
const COUNTED_MEDIANS = 3;

/** The needs of the modules' rounds now. */
export function dueFolds(state: TrainState, run: RunFacts, now: number) {
  const folds: Fold[] = [];
  const revoke = new Set<string>();
  let wakeAt = Number.POSITIVE_INFINITY;
  for (const [name, module] of Object.entries(state.modules)) {
    if (module.folding) continue;
    if (module.owed > 0) {
      const due = dueArrivals(state, run, name, now);
      if (due && 'taken' in due) folds.push(foldOf(state, run, name, due.taken, now));
      else wakeAt = Math.min(wakeAt, due?.at ?? Number.POSITIVE_INFINITY);
      continue;
    }
    const deadline = runningDeadline(run, module, now);
    const taken = module.given > 0 ? contributionsTaken(state, run, name, deadline === null) : null;
    if (taken) {
      folds.push(foldOf(state, run, name, taken, now));
      for (const path of module.paths) for (const lease of state.paths[path]!.leases) revoke.add(lease);
    } else wakeAt = Math.min(wakeAt, deadline ?? Number.POSITIVE_INFINITY);
  }
  wakeAt = Math.min(wakeAt, nextOverdue(state, now));
  return { folds, revoke: [...revoke], wakeAt: Number.isFinite(wakeAt) ? wakeAt : null };
}

/**
 * The contributions of a module's round, by path, when it may end; null while it goes on. It ends when the leases
 * of every path that crosses it have ended and each such path has its quorum; when it is overdue, with the paths
 * that have it. Of a path that is not trained any more all there is counts. What has already come in is waited for: checking it is up to the coordinator alone.
 */
function contributionsTaken(state: TrainState, run: RunFacts, name: string, overdue: boolean) {
  const module = state.modules[name]!;
  if (!overdue && module.live > 0) return null;
  const taken: Arrival[] = [];
  for (const id of module.paths) {
    const path = state.paths[id]!;
    const given = givenTo(run, path, name);
    const complete = isComplete(run, id, path);
    const ready = given.length >= run.spec.quorum || (complete && given.length > 0);
    if (overdue && path.leases.some((lease) => state.leases[lease]!.receivedAt !== null)) return null;
    if (!ready && !overdue && !complete) return null;
    if (ready) taken.push(...given.map((contribution) => ({ id, contribution })));
  }
  return taken.length > 0 ? taken : null;
}

const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Steps a module once with these contributions: in the order (path, lease), whatever the order of their arrival. */
function foldOf(state: TrainState, run: RunFacts, name: string, taken: readonly Arrival[], now: number): Fold {
  const { version, blob, state: outerState, lattice } = run.modules[name]!;
  const { momentumSpread } = run.spec.async;
  const { average, ...outer } = run.spec.outer;
  const all = taken
    .map(({ id, contribution }) => ({ id, contribution, staleness: version - contribution.base[name]! }))
    .toSorted((a, b) => byText(a.id, b.id) || byText(a.contribution.lease, b.contribution.lease));
  const robust = run.spec.fold?.rule === 'mean' ? undefined : run.spec.fold;
  const arrived = state.modules[name]!.owed > 0;
  const sizeOf = ({ norm, steps }: Contribution) => comparableNorm(run, norm, steps);
  const typical = arrived ? typicalNorm(state.norms) : median(all.map(({ contribution }) => sizeOf(contribution)));
  const limit = COUNTED_MEDIANS * typical;
  const input: TrainFoldInput = {
    module: { name, version, ...blob },
    state: outerState,
    ...(sendsChanges(run) && { lattice: lattice ? placeOf(lattice) : null }),
    outer: momentumSpread === 0 ? outer : { ...outer, momentumSpread },
    ...(run.spec.exchange === 'gradients' && { adamw: adamwOf(run, all) }),
    average,
    ...(robust && { fold: robust }),
    paths: new Set(all.map(({ id }) => id)).size,
    share: arrived ? shareOf(state, run, name, all, now) : 1,
    contributions: all.map(({ id, contribution, staleness }) => {
      const { lease, sha256, steps, tokens, grantedAt } = contribution;
      const size = sizeOf(contribution);
      return {
        ...{ lease, sha256, codec: codecsOf(run.spec.wire)[0]!.name, offset: offsetOf(run, id, name) },
        weight: (arrived ? weightOf : roundWeightOf)(run, { id, contribution }),
        scale: discountOf(run, staleness) * (size > limit ? limit / size : 1),
        ...{ steps, tokens, staleness, ageMs: Math.max(0, now - grantedAt) },
      };
    }),
    figures: isFirst(state, run, name) ? figuresOf(state, run, name, all) : null,
    round: version + 1,
  };
  const voiceOf = (weight: number) => (robust ? 1 : weight);
  const voices = input.contributions.reduce((sum, { weight }) => sum + voiceOf(weight), 0);
  return {
    key: foldKey(run, name, version + 1),
    input: input as Json,
    contributions: input.contributions.map(({ lease }) => lease),
    counted: input.contributions.map(({ lease, staleness, ageMs, weight, scale }) => ({
      ...{ lease, staleness, ageMs, of: name },
      share: (input.share * voiceOf(weight) * scale) / voices,
    })),
  };
}

/** Whether versions are on a lattice. Runs whose gradients travel whole keep every bit of their versions. */
const sendsChanges = ({ spec }: RunFacts): boolean => spec.wire?.codec === q().name && spec.exchange !== 'gradients';

const placeOf = ({ snapshot, step, movement }: LatticeFacts) => ({ snapshot, step, movement });

/** AdamW of the coordinator, where its schedule stands along the paths that took part. */
function adamwOf({ spec }: RunFacts, all: readonly Arrival[]): TrainFoldInput['adamw'] {
  const { learningRate, warmupSteps, weightDecay } = spec.inner;
  const step = Math.max(...all.map(({ contribution }) => contribution.globalStep));
  return { learningRate, warmupSteps, weightDecay, totalSteps: spec.totalSteps, step };
}

function offsetOf(run: RunFacts, path: string, module: string): number {
  const before = run.paths[path]!.modules;
  return before.slice(0, before.indexOf(module)).reduce((sum, name) => sum + run.modules[name]!.parameterCount, 0);
}

const lostIn = (contributions: readonly Contribution[]): Lost =>
  contributions.reduce(
    ({ nats, tokens }, { loss, tokens: own }) =>
      loss === null ? { nats, tokens } : { nats: nats + loss * own, tokens: tokens + own },
    { nats: 0, tokens: 0 },
  );

/** For the charts, with the first module of paths: of those that do not cross it what their own first module told last. */
function figuresOf(state: TrainState, run: RunFacts, name: string, all: readonly { contribution: Contribution }[]) {
  const lost = [lostIn(all.map(({ contribution }) => contribution))];
  for (const [id, path] of Object.entries(state.paths))
    if (path.lost && run.paths[id]!.modules[0] !== name) lost.push(path.lost);
  const nats = lost.reduce((sum, one) => sum + one.nats, 0);
  const tokens = lost.reduce((sum, one) => sum + one.tokens, 0);
  return { tokens: state.tokens, ...(tokens > 0 && { trainLoss: nats / tokens }) };
}

const isFirst = (state: TrainState, run: RunFacts, name: string): boolean =>
  state.modules[name]!.paths.some((id) => run.paths[id]!.modules[0] === name);

/** The module has its new version: what went into it is used up. */
export function settleFolded(state: TrainState, run: RunFacts, name: string): void {
  const module = state.modules[name]!;
  const used = new Set(module.folding);
  module.folding = null;
  delete module.fold;
  for (const id of module.paths) {
    const path = state.paths[id]!;
    const modules = run.paths[id]!.modules;
    const own = path.contributions.filter(({ lease }) => used.has(lease));
    if (name === modules[0] && own.length > 0) path.lost = lostIn(own);
    if (!module.merging) {
      if (!isComplete(run, id, path) || own.length > 0) path.stale = own.length === 0;
      if (name === modules[0] && own.length > 0) {
        path.rounds++;
        path.steps += Math.max(...own.map(({ steps }) => steps));
      }
    }
    path.contributions = path.contributions.filter(
      ({ lease, base, owed }) =>
        owed.length > 0 ||
        modules.some((other) => isGivenTo(state, run, other, base) || isMerging(state, other, lease)),
    );
  }
  module.merging = false;
}

/** Whether what started from this base goes into the round of a module. */
const isGivenTo = (state: TrainState, run: RunFacts, name: string, base: Base): boolean =>
  base[name] === versionOf(run, name) && !isAsync(run.spec.mode, state.modules[name]!);

/** Whether an asynchronous fold of a module goes on that takes this contribution. */
const isMerging = (state: TrainState, name: string, lease: string): boolean => {
  const { merging, folding } = state.modules[name]!;
  return merging && folding?.includes(lease) === true;
};
