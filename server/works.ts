import type { WorkFold, WorkPlan } from '@pathfold/coordination/work-plan';
import { evaluateFold } from '@pathfold/works/evaluate/fold';
import { evaluatePlan } from '@pathfold/works/evaluate/plan';
import { litterFold } from '@pathfold/works/litter/fold';
import { litterPlan } from '@pathfold/works/litter/plan';
import { routeFold } from '@pathfold/works/route/fold';
import { routePlan } from '@pathfold/works/route/plan';
import { stretchFold } from '@pathfold/works/stretch/fold';
import { stretchPlan } from '@pathfold/works/stretch/plan';
import { trainFold } from '@pathfold/works/train/fold';
import { trainPlan } from '@pathfold/works/train/plan';

/** The kinds of work, in the order in which they are asked; those that name no study belong to every language model. A new kind is added here and in works/KIND. */
export const plans: readonly WorkPlan<unknown>[] = [routePlan, trainPlan, evaluatePlan, litterPlan, stretchPlan];

/** Their halves that touch numbers, for the worker threads. */
export const folds: readonly WorkFold[] = [routeFold, trainFold, evaluateFold, litterFold, stretchFold];
