import { isStopped, roundOf } from '@pathfold/coordination/run-round';
import type { Json, Outcome, RunFacts, Task, VolunteerFacts, WorkPlan } from '@pathfold/coordination/work-plan';
import type { BlobRef } from '@pathfold/protocol/blob';
import type { Evaluation } from '@pathfold/protocol/resources';
import { levelsOf } from '@pathfold/protocol/run-spec';
import { forwardFlops } from '../flops.ts';
import { pathParameters, scoringBytes } from '../memory.ts';
import { moduleRefs } from '../module-refs.ts';
import {
  areConfirmed,
  beginComparison,
  type DonePart,
  dueComparisons,
  expose,
  freePart,
  hasFreePart,
  holdPart,
  holdsPart,
  isComparison,
  type Liars,
  noLiars,
  type Parts,
  partsOf,
  patienceMs,
  settleComparison,
  settleLease,
  shiftParts,
  timeOf,
  wholeOf,
} from '../parts.ts';
import type { EvaluateFoldInput, EvaluateTask, KeepInput } from './task.ts';

/** Failures after which the round is given up. */
const ATTEMPTS = 3;
/** Length of the chunks in which paths are compared when re-routing is measured. */
const CHUNK_TOKENS = 32;

/** One scoring of a whole split that nobody trains on: a part for each path. */
interface Campaign {
  readonly round: number;
  /** `test` for the charts; `router` to see which paths have stopped improving. */
  readonly split: 'router' | 'test';
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
  /** The last round whose scores were asked for, and so confirmed if anybody was there to do it. */
  askedRound: number;
  /** The last round in which it was seen which paths have stopped improving. */
  keptRound: number;
  wanted: boolean;
  campaign: Campaign | null;
  folding: boolean;
  latest: Evaluation | null;
  readonly liars: Liars;
}

const isMixture = (run: RunFacts): boolean => Object.keys(run.paths).length > 1;

const isDue = (state: EvaluateState, run: RunFacts): boolean =>
  (!isMixture(run) || run.routing !== null) &&
  (state.wanted || roundOf(run) - state.lastRound >= run.spec.evaluateEvery);

const isKeepingDue = (state: EvaluateState, run: RunFacts): boolean =>
  run.spec.earlyStopping !== null &&
  (!isMixture(run) || run.routing !== null) &&
  roundOf(run) - state.keptRound >= run.spec.evaluateEvery;

/** The scoring that is under way, or that would begin now; null when none is due. */
function campaignOf(state: EvaluateState, run: RunFacts): Campaign | null {
  if (state.campaign) return state.campaign;
  const split = isDue(state, run) ? 'test' : isKeepingDue(state, run) ? 'router' : null;
  if (!split) return null;
  const { routing } = run;
  const asked = split === 'test' && state.wanted;
  const whole = asked && isMixture(run);
  const paths = Object.keys(run.paths);
  const scored = paths.filter(
    (id, path) => (whole || !routing || routing.counts[split][path]! > 0) && (split === 'test' || !isStopped(run, id)),
  );
  return {
    ...{ round: roundOf(run), split, whole, asked },
    assignment: routing?.assignment ?? null,
    paths,
    parts: partsOf(scored, asked || split === 'router' ? 2 : 1),
    failures: 0,
  };
}

/**
 * Scores the held-out documents every `evaluateEvery` rounds, each by the path that the router gives it to. It leaves
 * volunteers to training for one more round; only when none was idle in that time it takes those that come. Scores that
 * were asked for, those at the end, and those that stop paths are confirmed by a second, unrelated volunteer.
 */
export const evaluatePlan: WorkPlan<EvaluateState> = {
  name: 'evaluate',
  asks: ['scores'],
  init: () => ({
    ...{ lastRound: 0, askedRound: 0, keptRound: 0, wanted: false, campaign: null, folding: false, latest: null },
    liars: noLiars(),
  }),

  memoryBytes: (run) =>
    scoringBytes(run.spec, pathParameters(run), Math.max(run.documents.test.bytes, run.documents.router.bytes)),

  open(state, run) {
    const campaign = state.folding ? null : campaignOf(state, run);
    return campaign && hasFreePart(campaign.parts) ? () => true : null;
  },

  offer(state, run, volunteer, _now, company) {
    if (state.folding || state.liars.known[volunteer.id]) return null;
    const campaign = campaignOf(state, run);
    const path = campaign && freePart(campaign.parts, volunteer.id, company);
    return campaign && path ? taskOf(state, run, campaign, path, volunteer) : null;
  },

  settle,

  plan(state, run, now, company) {
    const { campaign, folding, liars } = state;
    const refuted = Object.keys(liars.open);
    const done = !campaign && !state.wanted && refuted.length === 0;
    const wanted = { folds: [], revoke: [], wakeAt: null, done, refuted, evidence: liars.open };
    if (!campaign || folding) return wanted;
    const { done: came, wakeAt } = wholeOf(campaign.parts, { now, ms: patienceMs(run), company });
    if (!came) return { ...wanted, folds: dueComparisons(campaign.parts), wakeAt };
    const { round, split } = campaign;
    const fold = {
      key: `${split === 'test' ? 'round' : 'best'} ${round} ${came[0]!.lease}`,
      input: (split === 'test' ? evaluationOf(run, campaign, came) : keptOf(run, came)) as Json,
      contributions: came.map(({ lease }) => lease),
    };
    return { ...wanted, folds: [fold] };
  },

  asked: ({ wanted, campaign }) => wanted || campaign?.asked === true,

  admit({ campaign, liars }, run, { lease, volunteer, report: { steps } }) {
    if (liars.known[volunteer]) return 'refuted';
    if (!campaign || !holdsPart(campaign.parts, lease)) return 'round_over';
    return steps < 1 || steps > tokensIn(run, campaign.split) ? 'bad_steps' : null;
  },

  summary: ({ latest }) => ({ evaluation: latest as Json }),
};

function evaluationOf(run: RunFacts, campaign: Campaign, came: readonly DonePart[]): EvaluateFoldInput {
  const { round, paths, assignment, whole } = campaign;
  return {
    ...{ round, paths: [...paths], assignment, domains: run.documents.domains },
    chunkTokens: whole ? CHUNK_TOKENS : null,
    contributions: came.map(({ name, sha256 }) => ({ path: name, sha256 })),
  };
}

function keptOf({ spec, routing, paths }: RunFacts, came: readonly DonePart[]): KeepInput {
  return {
    patience: spec.earlyStopping!.patience,
    routing: routing?.version ?? 0,
    kept: Object.fromEntries(Object.entries(paths).flatMap(([id, { kept }]) => (kept ? [[id, kept]] : []))),
    contributions: came.map(({ name, sha256, modules, confirmed }) => ({
      ...{ path: name, sha256, confirmed },
      modules: [...modules!],
    })),
  };
}

const tokensIn = (run: RunFacts, split: Campaign['split']): number => run.documents[split].bytes / 2;

function taskOf(
  state: EvaluateState,
  run: RunFacts,
  { round, split, whole, asked, assignment, paths, parts }: Campaign,
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
    modules: [...(parts[path]!.modules ?? moduleRefs(run, path))],
    documents: documents[split],
    tokenizer: run.tokenizer,
    prefixBytes: spec.routing.prefixBytes,
    assigned: assignment && !whole ? { assignment, split, path: index } : null,
    chunkTokens: whole ? CHUNK_TOKENS : null,
  };
  const share = assignment && !whole && routing ? routing.counts[split][index]! / sum(routing.counts[split]) : 1;
  const tokens = 2 * tokensIn(run, split);
  const last = split === 'test' ? state.lastRound : state.keptRound;
  const overdue = asked || round - last > spec.evaluateEvery || state.campaign !== null;
  return {
    key: `path ${path} round ${round}${split === 'test' ? '' : ' router documents'}`,
    body: body as Json,
    steps: tokensIn(run, split),
    tokens,
    flops: tokens * forwardFlops(spec.model, pathParameters(run)),
    ...timeOf(run, share * tokens, volunteer.tokensPerSecond),
    priority: overdue ? 1 : -1,
    maxPayloadBytes: 65_536 + 64 * tokensIn(run, split),
    path: null,
  };
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

function settle(state: EvaluateState, run: RunFacts, outcome: Outcome, now: number): void {
  const { campaign, liars } = state;
  switch (outcome.type) {
    case 'granted': {
      if (!campaign) {
        state.campaign = campaignOf(state, run);
        if (state.campaign!.asked) state.wanted = false;
      }
      const { path, modules } = outcome.task.body as unknown as EvaluateTask;
      holdPart(state.campaign!.parts, path, outcome.lease, outcome.volunteer, modules);
      return;
    }
    case 'ended':
      if (
        campaign &&
        settleLease(campaign.parts, outcome, now) &&
        ++campaign.failures >= ATTEMPTS * count(campaign.parts)
      )
        settleCampaign(state, run, campaign);
      return;
    case 'accepted':
      if (campaign) settleLease(campaign.parts, outcome, now);
      return;
    case 'begun':
      if (isComparison(outcome.fold.key)) beginComparison(campaign?.parts, outcome.fold.key);
      else state.folding = true;
      return;
    case 'folded':
      if (isComparison(outcome.fold)) {
        expose(liars, settleComparison(campaign?.parts, outcome.fold, outcome.result, now), campaign?.parts);
        return;
      }
      state.latest = newerThan(state.latest, outcome.result as Evaluation | null, campaign);
      state.folding = false;
      if (campaign) settleCampaign(state, run, campaign);
      return;
    case 'requested': {
      const isUnderWay = campaign?.asked && campaign.round >= roundOf(run);
      if (outcome.by === 'operator' || (roundOf(run) > state.askedRound && !isUnderWay)) state.wanted = true;
      return;
    }
    case 'withdrawn':
      delete liars.open[outcome.volunteer];
      return;
    case 'resumed':
      if (campaign) shiftParts(campaign.parts, outcome.pausedMs, now);
      return;
    case 'routed':
      // Scores of the documents that paths had before decide nothing about those that they have now.
      if (campaign?.split === 'router') state.campaign = null;
      state.keptRound = Math.min(state.keptRound, roundOf(run));
      state.lastRound = Math.min(state.lastRound, roundOf(run));
      return;
    case 'rolledBack':
      if (campaign?.asked) state.wanted = true;
      Object.assign(state, { campaign: null, folding: false });
      for (const last of ['lastRound', 'askedRound', 'keptRound'] as const)
        state[last] = Math.min(state[last], roundOf(run));
      if (state.latest && state.latest.round > roundOf(run)) state.latest = null;
      return;
    case 'received':
      return;
  }
}

/** What only a scoring by every path tells is kept until the next one. */
function newerThan(known: Evaluation | null, came: Evaluation | null, campaign: Campaign | null): Evaluation | null {
  if (!came) return known;
  const confirmed = campaign !== null && areConfirmed(campaign.parts);
  return { ...came, confirmed, whole: came.whole ?? known?.whole ?? null };
}

const count = (parts: Parts): number => Object.keys(parts).length;

/** The campaign is scored, or given up. Paths that train again may have brought the run back to an earlier round. */
function settleCampaign(state: EvaluateState, run: RunFacts, { round, split, asked }: Campaign): void {
  state.campaign = null;
  const last = Math.min(round, roundOf(run));
  if (split === 'router') state.keptRound = last;
  else state.lastRound = last;
  if (asked) state.askedRound = round;
}
