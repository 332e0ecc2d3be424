import { hasEnded, isStopped, roundsDone, sinceRollback } from '@pathfold/coordination/run-round';
import type { Json, ModelRun, Outcome, WorkPlan } from '@pathfold/coordination/work-plan';
import type { BlobRef } from '@pathfold/protocol/blob';
import { SPLITS } from '@pathfold/protocol/resources';
import { levelsOf } from '@pathfold/protocol/run-spec';
import { pathParameters, scoringBytes } from '../footprint.ts';
import {
  areConfirmed,
  beginComparison,
  type Done,
  dueComparisons,
  isChecked,
  isComparison,
  reopen,
  settleComparison,
  shift,
  wholeOf,
} from '../queue/comparisons.ts';
import { expose, type Liars, noLiars } from '../queue/liars.ts';
import { giveOut, hasOpen, heldBy, nextFor, type Queue, queueOf, settleLease } from '../queue/unit.ts';
import { NO_VERSIONS, patienceMs } from '../scoring.ts';
import { featuresTask, isFeatures, lossesTask, type Part } from './plan-task.ts';
import { Growth, partOf, type RouteFoldInput, RouteFoldResult, type RouteTask } from './task.ts';

/** Text that one lease of features reads: its prefixes are a small part of it. */
const PART_BYTES = 1_000_000;
/** Share of the run after which the first re-sharding comes, and the stretch over which all of them do. */
const FIRST_RESHARDING = 0.3;
/** How often in a row answers that nobody has confirmed are asked for again because no router comes of them. */
const MOST_REFUSALS = 3;
const RESHARDINGS_SPAN = 0.4;

/** State of routing inside one run. */
export interface RouteState {
  /** Parts of features before the first routing, of losses (by path) before another; null in between. */
  parts: Queue<Part> | null;
  /** Rows of all documents under the base, once the first routing is done. */
  features: BlobRef | null;
  /** The fold of a routing that is under way; null while none is. */
  folding: string | null;
  /** Folds begun, of routings and of growth: each has a key of its own, also where one before it changed nothing. */
  folds?: number;
  /** Folds since the last that ended well of whose answers no router came. */
  refusals?: number;
  /** Re-shardings done or under way. */
  reshardings: number;
  /** Why the last re-sharding moved nothing, or why the run did not grow; null when it did. */
  notice: string | null;
  /** Experts that the operator asked for and that are not there yet. */
  growth: Growth | null;
  readonly liars: Liars;
}

/**
 * Documents to paths (DiPaCo sections 2.2 and 2.3): features of all documents under the frozen base, computed by
 * volunteers; a router fitted on them; shards. Later, where the run asks for it, the losses of all paths on the
 * router documents, from which the router learns again. Training goes on meanwhile. All of it is computed by two
 * unrelated volunteers where there are two.
 */
const plan: WorkPlan<RouteState, ModelRun> = {
  name: 'route',
  init: (run) => ({
    parts: isRouted(run) ? queueOf(featureParts(run), 2) : null,
    ...{ features: null, folding: null, reshardings: 0, notice: null, growth: null, liars: noLiars() },
  }),

  traits: { memoryBytes },

  open(state, run) {
    const parts = partsToLease(state, run);
    return parts && hasOpen(parts) ? () => true : null;
  },

  offer(state, run, volunteer, _now, company) {
    const parts = state.liars.known[volunteer.id] ? null : partsToLease(state, run);
    const name = parts && nextFor(parts, volunteer.id, company);
    if (!parts || !name) return null;
    const { what } = parts[name]!;
    return isFeatures(what) ? featuresTask(run, name, what, volunteer) : lossesTask(run, name, what, volunteer);
  },

  settle,

  plan(state, run, now, company) {
    const { parts, growth, liars } = state;
    const refuted = Object.keys(liars.open);
    const done = parts === null && growth === null && refuted.length === 0 && !isDue(state, run);
    const wanted = { folds: [], revoke: [], wakeAt: null, done, refuted, evidence: liars.open };
    if (state.folding !== null || !(parts || growth)) return wanted;
    const { done: came, wakeAt } = wholeOf(parts ?? {}, { now, ms: patienceMs(run), company });
    if (!came) {
      const width = run.routing ? null : run.spec.model.width;
      const folds = dueComparisons(parts!).map((fold) => ({ ...fold, input: { ...(fold.input as object), width } }));
      return { ...wanted, folds, wakeAt };
    }
    const input = foldInput(state, run, came);
    const fold = {
      key: `routing v${input.version} fold ${foldsOf(state) + 1}${sinceRollback(run)}`,
      input: input as Json,
      contributions: came.map(({ lease }) => lease),
    };
    return { ...wanted, folds: [fold] };
  },

  admit(state, run, { lease, volunteer, report, figures }) {
    if (state.liars.known[volunteer]) return 'refuted';
    const name = state.parts && heldBy(state.parts, lease);
    if (!name) return 'round_over';
    if (report.steps < 1) return 'bad_steps';
    const due = documentsIn(run, state.parts![name]!.what);
    return due === null || figures['documents'] === due ? null : 'wrong_size';
  },

  orders: {
    asks: ['growth'],
    growing: ({ growth }) => growth !== null,
    asksAgain: ({ parts, refusals = 0 }, _run, fold) =>
      parts !== null && !isChecked(parts, fold) && !areConfirmed(parts) && refusals < MOST_REFUSALS,
    remember: remembered,
  },

  pages: {
    summary(state, run) {
      const notice = state.notice ?? beginningInWords(state, run);
      return notice === null ? {} : { notice };
    },
  },
};

export const routePlan: WorkPlan<RouteState> = plan;

function memoryBytes(run: ModelRun): number {
  const { documents, routing, spec } = run;
  if (routing) return scoringBytes(spec, pathParameters(run), documents.router.bytes);
  // The split is fetched whole, as bytes and as ids, whatever part of it is read.
  const split = Math.max(...SPLITS.map((name) => documents[name].bytes));
  return scoringBytes(spec, pathParameters(run), PART_BYTES) + 2 * split;
}

/** How far the first routing is: until then no path trains. Null afterwards, once the run has ended, and where no features are asked for. */
function beginningInWords({ parts }: RouteState, run: ModelRun): string | null {
  const all = run.routing || hasEnded(run) ? [] : Object.values(parts ?? {});
  const come = all.filter(({ answers }) => answers.length > 0);
  return all.length === 0
    ? null
    : `Texts are given to paths before training begins: ${come.length} of ${all.length} parts of their features have come.`;
}

/** The state that a rollback brings back: a re-sharding under way then begins again. */
function remembered({ reshardings, notice, folding, parts }: RouteState): Json {
  return { reshardings: reshardings - (folding !== null && parts ? 1 : 0), notice };
}

const foldsOf = ({ folds = 0 }: RouteState): number => folds;

const isRouted = (run: ModelRun): boolean => Object.keys(run.paths).length > 1;

/** Random shards ask for no features. A part has a document at least. */
function featureParts({ spec, documents, documentCounts }: ModelRun): Record<string, Part> {
  if (spec.routing.kind === 'random') return {};
  const all = SPLITS.flatMap((split) => {
    const most = documentCounts?.[split] ?? Number.POSITIVE_INFINITY;
    const parts = Math.min(most, Math.ceil(documents[split].bytes / PART_BYTES));
    return Array.from({ length: parts }, (_, part) => [nameOf(split, part, parts), { split, part, parts }] as const);
  });
  return Object.fromEntries(all);
}

const nameOf = (split: string, part: number, parts: number): string => `${split} ${part} ${parts}`;

const lossParts = (run: ModelRun): Queue<Part> =>
  queueOf(Object.fromEntries(Object.keys(run.paths).map((path) => [path, NO_VERSIONS])), 2);

/** How many documents a part of features or losses is about; null in a run that does not say. */
function documentsIn({ documentCounts }: ModelRun, what: Part): number | null {
  if (!documentCounts) return null;
  if (!isFeatures(what)) return documentCounts.router;
  const { from, to } = partOf(documentCounts[what.split], what.part, what.parts);
  return to - from;
}

const progressOf = (run: ModelRun): number => (roundsDone(run) * run.spec.inner.steps) / run.spec.totalSteps;

/** Whether it is time for the next re-sharding: by the steps taken, or because without it nothing is trained any more. */
function isDue({ reshardings }: RouteState, run: ModelRun): boolean {
  const { kind, rounds } = run.spec.routing;
  if (!run.routing || kind !== 'discriminative' || reshardings >= rounds) return false;
  const isTime = progressOf(run) >= FIRST_RESHARDING + (RESHARDINGS_SPAN * reshardings) / rounds;
  return isTime || Object.keys(run.paths).every((path) => isStopped(run, path));
}

/** The parts of which some may be leased: those begun, or all of a re-sharding that is due. */
function partsToLease(state: RouteState, run: ModelRun): Queue<Part> | null {
  if (state.folding !== null) return null;
  if (state.parts) return state.parts;
  return isDue(state, run) && !state.growth ? lossParts(run) : null;
}

function settle(state: RouteState, run: ModelRun, outcome: Outcome, now: number): void {
  switch (outcome.type) {
    case 'granted': {
      const body = outcome.task.body as unknown as RouteTask;
      state.parts ??= lossParts(run);
      const isLosses = body.type === 'losses';
      const part = state.parts[isLosses ? body.path : nameOf(body.split, body.part, body.parts)]!;
      if (!isFeatures(part.what) && part.what.modules === null) part.what = { modules: [...body.modules] };
      giveOut(part, outcome.lease, outcome.volunteer);
      return;
    }
    case 'ended':
    case 'accepted':
      if (state.parts) settleLease(state.parts, outcome, now);
      return;
    case 'begun':
      if (isComparison(outcome.fold)) {
        beginComparison(state.parts, outcome.fold);
        return;
      }
      state.folding = outcome.fold.key;
      state.folds = foldsOf(state) + 1;
      if (run.routing && state.parts) state.reshardings++;
      return;
    case 'folded': {
      if (outcome.fold !== state.folding) {
        expose(state.liars, settleComparison(state.parts, outcome.fold, outcome.result, now), state.parts);
        return;
      }
      const { features, kept: reason } = RouteFoldResult.parse(outcome.result);
      const isGrowth = state.parts === null && state.growth !== null;
      const notice = reason && `${isGrowth ? 'The run did not grow' : 'Documents stay with their paths'}: ${reason}`;
      if (isGrowth) state.growth = null;
      Object.assign(state, { parts: null, folding: null, features, notice });
      delete state.refusals;
      return;
    }
    case 'refused':
      state.refusals = (state.refusals ?? 0) + 1;
      if (run.routing) state.reshardings--;
      reopen(state.parts!, 2, (what) => (isFeatures(what) ? what : NO_VERSIONS));
      state.notice = `What volunteers say of the documents is asked for again, nobody had confirmed it: ${outcome.detail}`;
      state.folding = null;
      return;
    case 'withdrawn':
      delete state.liars.open[outcome.volunteer];
      return;
    case 'resumed':
      if (state.parts) shift(state.parts, outcome.pausedMs, now);
      delete state.refusals;
      return;
    case 'rolledBack':
      // Losses of models that are gone: the re-sharding begins again. Growth that was asked for is still wanted.
      // A checkpoint of an older version remembers nothing.
      Object.assign(state, outcome.remembered ?? remembered(state), { parts: null, folding: null });
      return;
    case 'received':
    case 'routed':
      return;
    case 'requested':
      // Its sources are not there any more once other growth is.
      if (outcome.ask && run.routing) state.growth ??= Growth.parse(outcome.ask);
      return;
  }
}

function foldInput(state: RouteState, run: ModelRun, came: readonly Done[]): RouteFoldInput {
  const { spec } = run;
  const growing = state.parts === null ? state.growth : null;
  return {
    version: (run.routing?.version ?? 0) + 1,
    kind: spec.routing.kind,
    seed: spec.seed,
    overlap: spec.routing.overlap,
    prefixBytes: spec.routing.prefixBytes,
    context: spec.model.context,
    width: spec.model.width,
    experts: levelsOf(spec).flatMap(({ experts }) => (experts === 'path' ? [] : experts)),
    paths: growing ? [...growing.paths] : Object.keys(run.paths),
    documents: run.documents,
    tokenizer: run.tokenizer,
    base: run.base && [...run.base],
    features: state.features,
    parts: run.routing ? [] : came.map(({ sha256 }) => ({ sha256 })),
    grow: growing && run.routing ? { growth: growing, router: run.routing.router } : null,
    losses: run.routing ? came.map(({ name, sha256 }) => ({ path: name, sha256 })) : [],
    // The features of the earlier fit are part of this one.
    confirmed: (run.routing ? run.routing.confirmed === true : true) && came.every(({ confirmed }) => confirmed),
  };
}
