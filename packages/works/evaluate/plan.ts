import { roundOf, roundsDone } from '@pathfold/coordination/run-round';
import type { Json, ModelRun, Outcome, WorkPlan } from '@pathfold/coordination/work-plan';
import type { Evaluation } from '@pathfold/protocol/resources';
import { pathParameters, scoringBytes } from '../footprint.ts';
import {
  areConfirmed,
  beginComparison,
  dueComparisons,
  isChecked,
  isComparison,
  reopen,
  settleComparison,
  shift,
  wholeOf,
} from '../queue/comparisons.ts';
import { expose, noLiars } from '../queue/liars.ts';
import { giveOut, hasOpen, heldBy, nextFor, settleLease } from '../queue/unit.ts';
import { NO_VERSIONS, patienceMs } from '../scoring.ts';
import { answersTo, type Campaign, campaignOf, type EvaluateState, stepsOf } from './plan-campaign.ts';
import { evaluationOf, keepInputOf, taskOf, tokensIn } from './plan-task.ts';
import type { EvaluateTask } from './task.ts';

export type { EvaluateState };

/** Failures of each path, or refused folds, after which the round is given up. */
const ATTEMPTS = 3;

/**
 * Scores the held-out documents every `evaluateEvery` rounds, each by the path that the router gives it to. It leaves
 * volunteers to training for one more round; only when none was idle in that time it takes those that come. Scores that
 * were asked for, those at the end, and those that stop paths are confirmed by a second, unrelated volunteer.
 */
const plan: WorkPlan<EvaluateState, ModelRun> = {
  name: 'evaluate',
  init: () => ({
    ...{ lastRound: 0, askedRound: 0, stoppingRound: 0, wanted: false, campaign: null, folding: null, latest: null },
    liars: noLiars(),
  }),

  traits: {
    memoryBytes: (run) =>
      scoringBytes(run.spec, pathParameters(run), Math.max(run.documents.test.bytes, run.documents.router.bytes)),
  },

  open(state, run) {
    const campaign = state.folding !== null ? null : campaignOf(state, run);
    return campaign && hasOpen(campaign.parts) ? () => true : null;
  },

  offer(state, run, volunteer, _now, company) {
    if (state.folding !== null || state.liars.known[volunteer.id]) return null;
    const campaign = campaignOf(state, run);
    const path = campaign && nextFor(campaign.parts, volunteer.id, company);
    return campaign && path ? taskOf(state, run, campaign, path, volunteer) : null;
  },

  settle,

  plan(state, run, now, company) {
    const { campaign, folding, liars } = state;
    const refuted = Object.keys(liars.open);
    const done = !campaign && !state.wanted && refuted.length === 0;
    const wanted = { folds: [], revoke: [], wakeAt: null, done, refuted, evidence: liars.open };
    if (!campaign || folding !== null) return wanted;
    const { done: came, wakeAt } = wholeOf(campaign.parts, { now, ms: patienceMs(run), company });
    if (!came) return { ...wanted, folds: dueComparisons(campaign.parts), wakeAt };
    const { round, split, refusals } = campaign;
    const fold = {
      key: `${split === 'test' ? 'round' : 'best'} ${round} ${came[0]!.lease}${refusals ? ` again ${refusals}` : ''}`,
      input: (split === 'test' ? evaluationOf(run, campaign, came) : keepInputOf(run, campaign, came)) as Json,
      contributions: came.map(({ lease }) => lease),
    };
    return { ...wanted, folds: [fold] };
  },

  orders: {
    asks: ['scores'],
    asked: ({ wanted, campaign }) => wanted || campaign?.asked === true,
    asksAgain: ({ campaign }, _run, fold) => campaign !== null && !isChecked(campaign.parts, fold),
  },

  admit({ campaign, liars }, run, { lease, volunteer, report: { steps }, figures }) {
    if (liars.known[volunteer]) return 'refuted';
    const path = campaign && heldBy(campaign.parts, lease);
    if (!path) return 'round_over';
    if (steps < 1 || steps > tokensIn(run, campaign.split)) return 'bad_steps';
    const due = campaign.documentCounts?.[campaign.paths.indexOf(path)];
    return due === undefined || figures['documents'] === due ? null : 'wrong_size';
  },

  pages: {
    summary({ latest, refused, unconfirmed }) {
      const notice = refused ?? (unconfirmed && unconfirmedInWords(unconfirmed));
      return { evaluation: latest as Json, ...(notice && { notice }) };
    },
  },
};

export const evaluatePlan: WorkPlan<EvaluateState> = plan;

function settle(state: EvaluateState, run: ModelRun, outcome: Outcome, now: number): void {
  const { campaign, liars } = state;
  switch (outcome.type) {
    case 'granted': {
      if (!campaign) {
        state.campaign = campaignOf(state, run);
        if (state.campaign!.asked) state.wanted = false;
      }
      const { path, modules } = outcome.task.body as unknown as EvaluateTask;
      const { parts, steps } = state.campaign!;
      const part = parts[path]!;
      if (steps && part.what.modules === null) steps[path] = stepsOf(run, path);
      if (part.what.modules === null) part.what = { modules: [...modules] };
      giveOut(part, outcome.lease, outcome.volunteer);
      return;
    }
    case 'ended':
      if (
        campaign &&
        settleLease(campaign.parts, outcome, now) !== undefined &&
        ++campaign.failures >= ATTEMPTS * count(campaign.parts)
      ) {
        state.refused = `Scores of round ${campaign.round} are given up: of those who were asked for them ${campaign.failures} brought none.`;
        settleCampaign(state, run, campaign);
      }
      return;
    case 'accepted':
      if (campaign) settleLease(campaign.parts, outcome, now);
      return;
    case 'begun':
      if (isComparison(outcome.fold)) beginComparison(campaign?.parts, outcome.fold);
      else state.folding = outcome.fold.key;
      return;
    case 'folded':
      if (outcome.fold !== state.folding) {
        expose(liars, settleComparison(campaign?.parts, outcome.fold, outcome.result, now), campaign?.parts);
        return;
      }
      state.latest = newerThan(state.latest, outcome.result as Evaluation | null, campaign);
      state.folding = null;
      delete state.refused;
      if (campaign?.split === 'router') settleStopping(state, campaign);
      if (campaign) settleCampaign(state, run, campaign);
      return;
    case 'refused':
      state.folding = null;
      if (campaign) settleRefused(state, run, campaign, outcome.detail);
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
      if (campaign) shift(campaign.parts, outcome.pausedMs, now);
      countFromHere(state, run);
      return;
    case 'routed':
      // Scores of the documents that paths had before decide nothing about those that they have now.
      if (campaign?.split === 'router') state.campaign = null;
      forgetStopping(state);
      countFromHere(state, run);
      return;
    case 'rolledBack':
      if (campaign?.asked) state.wanted = true;
      Object.assign(state, { campaign: null, folding: null });
      forgetStopping(state);
      countFromHere(state, run);
      state.askedRound = Math.min(state.askedRound, roundOf(run));
      if (state.latest && state.latest.round > roundOf(run)) state.latest = null;
      return;
    case 'received':
      return;
  }
}

/** The run may have less behind it than when it was last scored: paths train again, or it was taken back. */
function countFromHere(state: EvaluateState, run: ModelRun): void {
  for (const last of ['lastRound', 'stoppingRound'] as const) state[last] = Math.min(state[last], roundsDone(run));
}

/** The scores of router documents are of other documents, or of models that are gone. */
function forgetStopping(state: EvaluateState): void {
  delete state.stoppingSteps;
  delete state.unconfirmed;
}

/** Router documents are scored to the end: only what was confirmed counted for or against its path. */
function settleStopping(state: EvaluateState, { parts, steps = {} }: Campaign): void {
  const unconfirmed = Object.keys(parts).filter((path) => parts[path]!.confirmed === null);
  const counted = Object.entries(steps).filter(([path]) => !unconfirmed.includes(path));
  state.stoppingSteps = { ...state.stoppingSteps, ...Object.fromEntries(counted) };
  if (unconfirmed.length > 0) state.unconfirmed = unconfirmed;
  else delete state.unconfirmed;
}

const unconfirmedInWords = (paths: readonly string[]): string =>
  `Early stopping decided nothing about ${paths.length === 1 ? `path ${paths[0]}` : `${paths.length} paths`} at its last scoring: nobody unrelated confirmed the scores. Lend from a second network, or vouch for a volunteer.`;

/** Figures that only a scoring by every path gives are kept until the next one. */
function newerThan(known: Evaluation | null, came: Evaluation | null, campaign: Campaign | null): Evaluation | null {
  if (!came) return known;
  const confirmed = campaign !== null && areConfirmed(campaign.parts);
  return { ...came, confirmed, whole: came.whole ?? known?.whole ?? null };
}

const count = (parts: Campaign['parts']): number => Object.keys(parts).length;

/** No evaluation can be made of what came: what nobody has confirmed is asked for again, or the round is given up. */
function settleRefused(state: EvaluateState, run: ModelRun, campaign: Campaign, detail: string): void {
  campaign.refusals = (campaign.refusals ?? 0) + 1;
  const isOver = areConfirmed(campaign.parts) || campaign.refusals >= ATTEMPTS;
  const what = isOver ? 'are given up' : 'are asked for again, nobody had confirmed them';
  state.refused = `Scores of round ${campaign.round} ${what}: ${detail}`;
  if (isOver) settleCampaign(state, run, campaign);
  else reopen(campaign.parts, answersTo(campaign), () => NO_VERSIONS);
}

/** The campaign is scored, or given up. Paths that train again may have brought the run back to an earlier round. */
function settleCampaign(state: EvaluateState, run: ModelRun, campaign: Campaign): void {
  const { round, done = round, split, asked } = campaign;
  state.campaign = null;
  const last = Math.min(done, roundsDone(run));
  if (split === 'router') state.stoppingRound = last;
  else state.lastRound = last;
  if (asked) state.askedRound = round;
}
