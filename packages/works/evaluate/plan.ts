import type { Json, Outcome, RunFacts, VolunteerFacts, WorkPlan } from '@pathfold/coordination/work-plan';
import { levelsOf } from '@pathfold/protocol/run-spec';
import type { EvaluateFoldInput, EvaluateTask } from './task.ts';

/** The start of a document, which decides its path and is never scored (DiPaCo section 2.3). */
const PREFIX_BYTES = 128;
const TRAVEL_MS = 60_000;
/** Failures in a row after which the round is given up. */
const ATTEMPTS = 3;

/** State of evaluation inside one run. One lease at a time; paths take turns. */
export interface EvaluateState {
  /** The last round that was scored or given up. */
  lastRound: number;
  wanted: boolean;
  attempts: number;
  turn: number;
  lease: { readonly id: string; readonly round: number; readonly path: string } | null;
  result: { readonly lease: string; readonly sha256: string; readonly round: number; readonly path: string } | null;
  folding: boolean;
}

const roundOf = (run: RunFacts): number => Math.min(...Object.values(run.modules).map(({ version }) => version));

const isDue = (state: EvaluateState, run: RunFacts): boolean =>
  state.wanted || roundOf(run) - state.lastRound >= run.spec.evaluateEvery;

const isFree = (state: EvaluateState): boolean => !state.lease && !state.result && !state.folding;

/**
 * Scores a path on the held-out documents every `evaluateEvery` rounds. It leaves volunteers to training for one
 * more round; only when none was idle in that time it takes the first that comes.
 */
export const evaluatePlan: WorkPlan<EvaluateState> = {
  name: 'evaluate',
  init: () => ({ lastRound: 0, wanted: false, attempts: 0, turn: 0, lease: null, result: null, folding: false }),
  open: (state, run) => (isFree(state) && isDue(state, run) ? () => true : null),
  offer: (state, run, volunteer) => (isFree(state) && isDue(state, run) ? taskOf(state, run, volunteer) : null),
  settle,

  plan(state) {
    const { result, folding } = state;
    const done = isFree(state) && !state.wanted;
    if (!result || folding) return { folds: [], revoke: [], wakeAt: null, done };
    const { lease, sha256, round, path } = result;
    const input: EvaluateFoldInput = { round, path, contributions: [{ lease, sha256 }] };
    const fold = { key: `path ${path} round ${round} ${lease}`, input: input as Json, contributions: [lease] };
    return { folds: [fold], revoke: [], wakeAt: null, done };
  },

  asked: ({ wanted }) => wanted,

  admit(state, run, { lease, report: { steps } }) {
    if (state.lease?.id !== lease) return 'round_over';
    return steps < 1 || steps > tokensIn(run) ? 'bad_steps' : null;
  },

  summary: () => ({}),
};

const tokensIn = (run: RunFacts): number => run.documents.test.bytes / 2;

function taskOf(state: EvaluateState, run: RunFacts, volunteer: VolunteerFacts) {
  const { spec } = run;
  const paths = Object.keys(run.paths);
  const path = paths[state.turn % paths.length]!;
  const round = roundOf(run);
  const body: EvaluateTask = {
    path,
    round,
    model: spec.model,
    levels: levelsOf(spec),
    embedding: spec.embedding,
    modules: run.paths[path]!.modules.map((name) => {
      const { version, blob } = run.modules[name]!;
      return { name, version, ...blob };
    }),
    documents: run.documents.test,
    tokenizer: run.tokenizer,
    prefixBytes: PREFIX_BYTES,
  };
  const tokens = 2 * tokensIn(run);
  const { tokensPerSecond } = volunteer;
  const expectedMs = tokensPerSecond ? Math.ceil((1000 * tokens) / tokensPerSecond) : spec.roundDeadlineMs;
  const overdue = state.wanted || round - state.lastRound > spec.evaluateEvery;
  return {
    key: `path ${path} round ${round}`,
    body: body as Json,
    steps: tokensIn(run),
    tokens,
    durationMs: 3 * expectedMs + TRAVEL_MS,
    expectedMs,
    priority: overdue ? 1 : -1,
    maxPayloadBytes: 65_536 + 64 * tokensIn(run),
    path: null,
  };
}

function settle(state: EvaluateState, run: RunFacts, outcome: Outcome): void {
  switch (outcome.type) {
    case 'granted': {
      const { round, path } = outcome.task.body as unknown as EvaluateTask;
      state.lease = { id: outcome.lease, round, path };
      return;
    }
    case 'ended':
      if (state.lease?.id !== outcome.lease) return;
      if (++state.attempts >= ATTEMPTS) settleRound(state, state.lease.round);
      state.lease = null;
      return;
    case 'accepted': {
      if (state.lease?.id !== outcome.contribution.lease) return;
      const { lease, sha256 } = outcome.contribution;
      state.result = { lease, sha256, round: state.lease.round, path: state.lease.path };
      state.lease = null;
      return;
    }
    case 'begun':
      state.folding = true;
      return;
    case 'folded':
      settleRound(state, state.result!.round);
      state.turn++;
      state.result = null;
      state.folding = false;
      return;
    case 'requested':
      if (outcome.by === 'operator' || roundOf(run) > state.lastRound) state.wanted = true;
      return;
    case 'received':
    case 'resumed':
      return;
  }
}

/** This round is scored, or given up. */
function settleRound(state: EvaluateState, round: number): void {
  Object.assign(state, { lastRound: round, wanted: false, attempts: 0 });
}
