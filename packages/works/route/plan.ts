import type { Json, Outcome, RunFacts, Task, VolunteerFacts, WorkPlan } from '@pathfold/coordination/work-plan';
import type { BlobRef } from '@pathfold/protocol/blob';
import { SPLITS } from '@pathfold/protocol/resources';
import { levelsOf } from '@pathfold/protocol/run-spec';
import { moduleRefs } from '../module-refs.ts';
import { freePart, holdsPart, type Parts, partsOf, settleLease, wholeOf } from '../parts.ts';
import {
  type FeaturesTask,
  Growth,
  type LossesTask,
  type RouteFoldInput,
  RouteFoldResult,
  type RouteTask,
} from './task.ts';

/** Text that one lease of features reads: its prefixes are a small part of it. */
const PART_BYTES = 1_000_000;
/** Share of the run after which the first re-sharding comes, and the stretch over which all of them do. */
const FIRST_RESHARDING = 0.3;
const RESHARDINGS_SPAN = 0.4;
const TRAVEL_MS = 60_000;

/** State of routing inside one run. */
export interface RouteState {
  /** Of features before the first routing, of losses (by path) before another; null in between. */
  parts: Parts | null;
  /** Rows of all documents under the base, once the first routing is done. */
  features: BlobRef | null;
  folding: boolean;
  /** Re-shardings done or under way. */
  reshardings: number;
  /** Experts that the operator asked for and that are not there yet. */
  growth: Growth | null;
}

/**
 * Documents to paths (DiPaCo sections 2.2 and 2.3): features of all documents under the frozen base, computed by
 * volunteers; a router fitted on them; shards. Later, where the run asks for it, the losses of all paths on the
 * router documents, from which the router learns again. Training goes on meanwhile.
 */
export const routePlan: WorkPlan<RouteState> = {
  name: 'route',
  asks: ['growth'],
  init: (run) => ({
    parts: isRouted(run) ? partsOf(featureParts(run)) : null,
    ...{ features: null, folding: false, reshardings: 0, growth: null },
  }),
  open: (state, run) => (nextPart(state, run) === null ? null : () => true),

  offer(state, run, volunteer) {
    const part = nextPart(state, run);
    if (part === null) return null;
    return run.routing ? lossesTask(run, part, volunteer) : featuresTask(run, part, volunteer);
  },

  settle,

  plan(state, run) {
    const done = state.parts === null && state.growth === null && !isDue(state, run);
    const came = state.folding ? null : state.parts ? wholeOf(state.parts) : state.growth && [];
    if (!came) return { folds: [], revoke: [], wakeAt: null, done };
    const input = foldInput(state, run, came);
    const fold = {
      key: `routing v${input.version}`,
      input: input as Json,
      contributions: came.map(({ lease }) => lease),
    };
    return { folds: [fold], revoke: [], wakeAt: null, done };
  },

  admit(state, _run, { lease, report }) {
    if (!state.parts || !holdsPart(state.parts, lease)) return 'round_over';
    return report.steps < 1 ? 'bad_steps' : null;
  },

  summary: () => ({}),
};

const isRouted = (run: RunFacts): boolean => Object.keys(run.paths).length > 1;

/** Random shards ask for no features. */
const featureParts = ({ spec, documents }: RunFacts): string[] =>
  spec.routing.kind === 'random'
    ? []
    : SPLITS.flatMap((split) => {
        const parts = Math.ceil(documents[split].bytes / PART_BYTES);
        return Array.from({ length: parts }, (_, part) => `${split} ${part} ${parts}`);
      });

const progressOf = (run: RunFacts): number =>
  (Math.min(...Object.values(run.modules).map(({ version }) => version)) * run.spec.inner.steps) / run.spec.totalSteps;

/** Whether it is time for the next re-sharding. */
function isDue({ reshardings }: RouteState, run: RunFacts): boolean {
  const { kind, rounds } = run.spec.routing;
  if (!run.routing || kind !== 'discriminative') return false;
  return reshardings < rounds && progressOf(run) >= FIRST_RESHARDING + (RESHARDINGS_SPAN * reshardings) / rounds;
}

/** The part that is to be leased next: of those begun, or the first of a re-sharding that is due. */
function nextPart(state: RouteState, run: RunFacts): string | null {
  if (state.folding) return null;
  if (state.parts) return freePart(state.parts);
  return isDue(state, run) && !state.growth ? Object.keys(run.paths)[0]! : null;
}

function settle(state: RouteState, run: RunFacts, outcome: Outcome): void {
  switch (outcome.type) {
    case 'granted': {
      state.parts ??= partsOf(Object.keys(run.paths));
      state.parts[outcome.task.key.slice(outcome.task.key.indexOf(' ') + 1)]!.lease = outcome.lease;
      return;
    }
    case 'ended':
    case 'accepted':
      if (state.parts) settleLease(state.parts, outcome);
      return;
    case 'begun':
      state.folding = true;
      if (run.routing && state.parts) state.reshardings++;
      return;
    case 'folded':
      if (state.parts === null) state.growth = null;
      Object.assign(state, { parts: null, folding: false, features: RouteFoldResult.parse(outcome.result).features });
      return;
    case 'received':
    case 'routed':
    case 'resumed':
      return;
    case 'requested':
      if (outcome.ask && run.routing) state.growth = Growth.parse(outcome.ask);
      return;
  }
}

/** A lease over at most so many tokens. */
function taskOf(run: RunFacts, body: RouteTask, part: string, tokens: number, volunteer: VolunteerFacts): Task {
  const { tokensPerSecond } = volunteer;
  const expectedMs = tokensPerSecond ? Math.ceil((1000 * tokens) / tokensPerSecond) : run.spec.roundDeadlineMs;
  return {
    key: `${body.type} ${part}`,
    body: body as Json,
    steps: tokens,
    tokens,
    durationMs: 3 * expectedMs + TRAVEL_MS,
    expectedMs,
    priority: 1,
    maxPayloadBytes: 65_536 + 64 * tokens,
    path: null,
  };
}

function featuresTask(run: RunFacts, name: string, volunteer: VolunteerFacts): Task {
  const [split, part, parts] = name.split(' ') as [FeaturesTask['split'], string, string];
  const { model, routing } = run.spec;
  const body: FeaturesTask = {
    type: 'features',
    split,
    part: Number(part),
    parts: Number(parts),
    model,
    modules: [...run.base!],
    documents: run.documents[split],
    tokenizer: run.tokenizer,
    prefixBytes: routing.prefixBytes,
  };
  const tokens = Math.ceil(run.documents[split].bytes / 2 / Number(parts));
  const payload = 4 * model.width * tokens;
  return { ...taskOf(run, body, name, tokens, volunteer), maxPayloadBytes: payload };
}

function lossesTask(run: RunFacts, path: string, volunteer: VolunteerFacts): Task {
  const { spec, documents } = run;
  const body: LossesTask = {
    type: 'losses',
    path,
    resharding: run.routing!.version,
    model: spec.model,
    levels: levelsOf(spec),
    embedding: spec.embedding,
    modules: moduleRefs(run, path),
    documents: documents.router,
    tokenizer: run.tokenizer,
    prefixBytes: spec.routing.prefixBytes,
  };
  return taskOf(run, body, path, documents.router.bytes, volunteer);
}

function foldInput(
  state: RouteState,
  run: RunFacts,
  came: readonly { readonly name: string; readonly sha256: string }[],
): RouteFoldInput {
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
  };
}
