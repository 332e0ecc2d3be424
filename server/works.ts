import type { WorkFold, WorkPlan } from '@pathfold/coordination/work-plan';
import { evaluateFold } from '@pathfold/works/evaluate/fold';
import { evaluatePlan } from '@pathfold/works/evaluate/plan';
import { trainFold } from '@pathfold/works/train/fold';
import { trainPlan } from '@pathfold/works/train/plan';

/** The kinds of work that this coordinator knows: what is decided, asked in this order, and what is computed. */
export const plans: readonly WorkPlan<unknown>[] = [trainPlan, evaluatePlan];
export const folds: readonly WorkFold[] = [trainFold, evaluateFold];
