import type { Json, Outcome, RunFacts, Task, VolunteerFacts, WorkPlan } from '@pathfold/coordination/work-plan';
import type { BlobRef } from '@pathfold/protocol/blob';
import type { Evaluation } from '@pathfold/protocol/resources';
import { levelsOf } from '@pathfold/protocol/run-spec';
import { moduleRefs } from '../module-refs.ts';
import { freePart, holdsPart, type Parts, partsOf, settleLease, wholeOf } from '../parts.ts';
import type { EvaluateFoldInput, EvaluateTask } from './task.ts';

const TRAVEL_MS = 60_000;
/** Failures after which the round is given up. */
const ATTEMPTS = 3;
/** Length of the chunks in which paths are compared when re-routing is measured. */
const CHUNK_TOKENS = 32;

/** One scoring of the whole held-out split: a part for each path. */
interface Campaign {
  readonly round: number;
  /** Every path scores every document, so that the oracle and re-routing can be told; not only its own. */
  readonly whole: boolean;
  /** Somebody asked for it. */
  readonly asked: boolean;
  /** The routing that it goes by. */
  readonly assignment: BlobRef | null;
  /** All paths in the order that the assignment counts them. */
  readonly paths: readonly string[];
  readonly parts: Parts;
  failures: number;
}

/** State of evaluation inside one run. */
export interface EvaluateState {
  /** The last round that was scored or given up. */
  lastRound: number;
  wanted: boolean;
  campaign: Campaign | null;
  folding: boolean;
  latest: Evaluation | null;
}

const roundOf = (run: RunFacts): number => Math.min(...Object.values(run.modules).map(({ version }) => version));

const isMixture = (run: RunFacts): boolean => Object.keys(run.paths).length > 1;

const isDue = (state: EvaluateState, run: RunFacts): boolean =>
  (!isMixture(run) || run.routing !== null) &&
  (state.wanted || roundOf(run) - state.lastRound >= run.spec.evaluateEvery);

/** The scoring that is under way, or that would begin now; null when none is due. */
function campaignOf(state: EvaluateState, run: RunFacts): Campaign | null {
  if (state.campaign || !isDue(state, run)) return state.campaign;
  const { routing } = run;
  const whole = isMixture(run) && state.wanted;
  const paths = Object.keys(run.paths);
  const scored = paths.filter((_, path) => whole || !routing || routing.counts.test[path]! > 0);
  return {
    round: roundOf(run),
    whole,
    asked: state.wanted,
    assignment: routing?.assignment ?? null,
    paths,
    parts: partsOf(scored),
    failures: 0,
  };
}

/**
 * Scores the held-out documents every `evaluateEvery` rounds, each by the path that the router gives it to. It leaves
 * volunteers to training for one more round; only when none was idle in that time it takes those that come.
 */
export const evaluatePlan: WorkPlan<EvaluateState> = {
  name: 'evaluate',
  asks: ['scores'],
  init: () => ({ lastRound: 0, wanted: false, campaign: null, folding: false, latest: null }),

  open(state, run) {
    const campaign = campaignOf(state, run);
    return campaign && freePart(campaign.parts) !== null ? () => true : null;
  },

  offer(state, run, volunteer) {
    const campaign = campaignOf(state, run);
    const path = campaign && freePart(campaign.parts);
    return campaign && path ? taskOf(state, run, campaign, path, volunteer) : null;
  },

  settle,

  plan(state, run) {
    const { campaign, folding } = state;
    const done = !campaign && !state.wanted;
    const came = campaign && !folding ? wholeOf(campaign.parts) : null;
    if (!campaign || !came) return { folds: [], revoke: [], wakeAt: null, done };
    const { round, whole, assignment } = campaign;
    const input: EvaluateFoldInput = {
      round,
      paths: [...campaign.paths],
      assignment,
      domains: run.documents.domains,
      chunkTokens: whole ? CHUNK_TOKENS : null,
      contributions: came.map(({ name, sha256 }) => ({ path: name, sha256 })),
    };
    const fold = {
      key: `round ${round} ${came[0]!.lease}`,
      input: input as Json,
      contributions: came.map(({ lease }) => lease),
    };
    return { folds: [fold], revoke: [], wakeAt: null, done };
  },

  asked: ({ wanted, campaign }) => wanted || campaign?.asked === true,

  admit({ campaign }, run, { lease, report: { steps } }) {
    if (!campaign || !holdsPart(campaign.parts, lease)) return 'round_over';
    return steps < 1 || steps > tokensIn(run) ? 'bad_steps' : null;
  },

  summary: ({ latest }) => ({ evaluation: latest as Json }),
};

const tokensIn = (run: RunFacts): number => run.documents.test.bytes / 2;

function taskOf(
  state: EvaluateState,
  run: RunFacts,
  { round, whole, asked, assignment, paths }: Campaign,
  path: string,
  volunteer: VolunteerFacts,
): Task {
  const { spec, documents, routing } = run;
  const index = paths.indexOf(path);
  const body: EvaluateTask = {
    path,
    round,
    model: spec.model,
    levels: levelsOf(spec),
    embedding: spec.embedding,
    modules: moduleRefs(run, path),
    documents: documents.test,
    tokenizer: run.tokenizer,
    prefixBytes: spec.routing.prefixBytes,
    assigned: assignment && !whole ? { assignment, path: index } : null,
    chunkTokens: whole ? CHUNK_TOKENS : null,
  };
  const share = assignment && !whole && routing ? routing.counts.test[index]! / sum(routing.counts.test) : 1;
  const { tokensPerSecond } = volunteer;
  const tokens = 2 * tokensIn(run);
  const expectedMs = tokensPerSecond ? Math.ceil((1000 * share * tokens) / tokensPerSecond) : spec.roundDeadlineMs;
  const overdue = asked || round - state.lastRound > spec.evaluateEvery || state.campaign !== null;
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

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

function settle(state: EvaluateState, run: RunFacts, outcome: Outcome): void {
  const { campaign } = state;
  switch (outcome.type) {
    case 'granted': {
      if (!campaign) Object.assign(state, { campaign: campaignOf(state, run), wanted: false });
      const { path } = outcome.task.body as unknown as EvaluateTask;
      state.campaign!.parts[path]!.lease = outcome.lease;
      return;
    }
    case 'ended':
      if (campaign && settleLease(campaign.parts, outcome) && ++campaign.failures >= ATTEMPTS * count(campaign.parts))
        settleCampaign(state, campaign);
      return;
    case 'accepted':
      if (campaign) settleLease(campaign.parts, outcome);
      return;
    case 'begun':
      state.folding = true;
      return;
    case 'folded':
      state.latest = newerThan(state.latest, outcome.result as Evaluation | null);
      state.folding = false;
      if (campaign) settleCampaign(state, campaign);
      return;
    case 'requested':
      if (outcome.by === 'operator' || roundOf(run) > state.lastRound) state.wanted = true;
      return;
    case 'received':
    case 'routed':
    case 'resumed':
      return;
  }
}

/** What only a scoring by every path tells is kept until the next one. */
const newerThan = (known: Evaluation | null, came: Evaluation | null): Evaluation | null =>
  came && { ...came, whole: came.whole ?? known?.whole ?? null };

const count = (parts: Parts): number => Object.keys(parts).length;

/** The campaign is scored, or given up. */
function settleCampaign(state: EvaluateState, { round }: Campaign): void {
  Object.assign(state, { campaign: null, lastRound: round });
}
