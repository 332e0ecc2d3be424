import type { WorkFold } from '@pathfold/coordination/work-plan';
import { evaluateFold } from '@pathfold/works/evaluate/fold';
import { trainFold } from '@pathfold/works/train/fold';

/** The coordinator's half of every kind of work that touches numbers. A new kind is added here and in works/KIND. */
export const folds: readonly WorkFold[] = [trainFold, evaluateFold];
