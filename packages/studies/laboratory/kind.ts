import type { WorkFold, WorkPlan } from '@pathfold/coordination/work-plan';
import type { WorkRun } from '@pathfold/works/work-run';

/** A kind of work with its three halves, as product and laboratory run it. */
export interface LaboratoryKind {
  readonly plan: WorkPlan<unknown>;
  readonly fold: WorkFold;
  /** The volunteer's half. A study's ablation of it is put here. */
  runOf(volunteer: string): WorkRun;
}
