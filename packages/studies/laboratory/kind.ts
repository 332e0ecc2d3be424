import type { WorkFold, WorkPlan } from '@pathfold/coordination/work-plan';
import type { WorkRun } from '@pathfold/works/work-run';

/** A kind of work with its three halves, as product and laboratory run it. */
export interface LaboratoryKind {
  readonly plan: WorkPlan<unknown>;
  readonly fold: WorkFold;
  /** The volunteer's half. A study may give a volunteer habits here that the product's do not have. */
  runOf(volunteer: string): WorkRun;
}
