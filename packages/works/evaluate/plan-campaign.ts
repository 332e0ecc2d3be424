import { isStopped, roundOf, roundsDone } from '@pathfold/coordination/run-round';
import type { ModelRun } from '@pathfold/coordination/work-plan';
import type { BlobRef } from '@pathfold/protocol/blob';
import type { Evaluation } from '@pathfold/protocol/resources';
import type { Liars } from '../queue/liars.ts';
import { type Queue, queueOf } from '../queue/unit.ts';
import { NO_VERSIONS, type Versions } from '../scoring.ts';

/** One scoring of a whole split that nobody trains on: a part for each path. */
export interface Campaign {
  readonly round: number;
  /** `roundsDone` of the run when it began; absent in states of older versions. */
  readonly done?: number;
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
  readonly parts: Queue<Versions>;
  /** How many documents each path is asked for, in order; null in a run that does not say. */
  readonly documentCounts?: readonly number[] | null;
  /** Inner steps of each path when its versions to score were chosen. */
  readonly steps?: Record<string, number>;
  failures: number;
  /** Folds that could not be made of what came. */
  refusals?: number;
}

/** State of evaluation inside one run. */
export interface EvaluateState {
  /** `roundsDone` of the run when it was last scored, or a scoring was given up. */
  lastRound: number;
  /** The last round whose scores were asked for, and so confirmed if anybody was there to do it. */
  askedRound: number;
  /** The same of the last time that it was seen which paths have stopped improving. */
  stoppingRound: number;
  /** By path, its inner steps when the confirmed scores of its router documents came in. */
  stoppingSteps?: Record<string, number>;
  /** Paths whose last scores of router documents nobody confirmed; absent while there are none. */
  unconfirmed?: string[];
  wanted: boolean;
  campaign: Campaign | null;
  /** The fold that makes something of the campaign; null while none does. */
  folding: string | null;
  latest: Evaluation | null;
  /** Why scores are asked for again, or were given up; absent while all is well. */
  refused?: string;
  readonly liars: Liars;
}

const isMixture = (run: ModelRun): boolean => Object.keys(run.paths).length > 1;

/** Whether `evaluateEvery` rounds' worth of steps were taken since. There are never more of them than rounds. */
const isFarFrom = (last: number, run: ModelRun): boolean =>
  [roundOf, roundsDone].every((far) => far(run) - last >= run.spec.evaluateEvery);

const isDue = (state: EvaluateState, run: ModelRun): boolean =>
  (!isMixture(run) || run.routing !== null) && (state.wanted || isFarFrom(state.lastRound, run));

const isKeepingDue = (state: EvaluateState, run: ModelRun): boolean =>
  run.spec.earlyStopping !== null && (!isMixture(run) || run.routing !== null) && isFarFrom(state.stoppingRound, run);

/**
 * The scoring that is under way, or that would begin now; null when none is due. Where rounds are over sooner than
 * scorings both splits are due all the time: they take turns. What was asked for comes first.
 */
export function campaignOf(state: EvaluateState, run: ModelRun): Campaign | null {
  if (state.campaign) return state.campaign;
  const isTurnOfTest = state.wanted || state.lastRound <= state.stoppingRound;
  return isTurnOfTest
    ? (testCampaign(state, run) ?? routerCampaign(state, run))
    : (routerCampaign(state, run) ?? testCampaign(state, run));
}

const testCampaign = (state: EvaluateState, run: ModelRun): Campaign | null =>
  isDue(state, run) ? newCampaign('test', state, run) : null;

function routerCampaign(state: EvaluateState, run: ModelRun): Campaign | null {
  const campaign = isKeepingDue(state, run) ? newCampaign('router', state, run) : null;
  return campaign && Object.keys(campaign.parts).length > 0 ? campaign : null;
}

function newCampaign(split: Campaign['split'], state: EvaluateState, run: ModelRun): Campaign {
  const { routing } = run;
  const asked = split === 'test' && state.wanted;
  const whole = asked && isMixture(run);
  const paths = Object.keys(run.paths);
  const documents = routing && !whole ? (routing.scored ?? routing.counts)[split] : null;
  const scored = paths.filter(
    (id, path) => (!documents || documents[path]! > 0) && (split === 'test' || mayHaveImproved(state, run, id)),
  );
  return {
    ...{ round: roundOf(run), done: roundsDone(run), split, whole, asked },
    assignment: routing?.assignment ?? null,
    paths,
    parts: queueOf(Object.fromEntries(scored.map((path) => [path, NO_VERSIONS])), answersTo({ asked, split })),
    documentCounts: documentsOf(run, split, whole),
    steps: {},
    failures: 0,
  };
}

export const stepsOf = (run: ModelRun, path: string): number => run.paths[path]!.steps ?? 0;

/** A path that took no step since it was scored has had no chance to become better: that is not counted against it. */
const mayHaveImproved = ({ stoppingSteps = {} }: EvaluateState, run: ModelRun, path: string): boolean =>
  !isStopped(run, path) && stoppingSteps[path] !== stepsOf(run, path);

/** Scores that the operator asks for, and those that stop a path, are confirmed. */
export const answersTo = ({ asked, split }: Pick<Campaign, 'asked' | 'split'>): 1 | 2 =>
  asked || split === 'router' ? 2 : 1;

function documentsOf({ documentCounts, routing, paths }: ModelRun, split: Campaign['split'], whole: boolean) {
  if (!documentCounts) return null;
  return routing && !whole ? routing.counts[split] : Object.keys(paths).map(() => documentCounts[split]);
}
