import { evaluateRun } from '@pathfold/works/evaluate/run';
import { litterRun } from '@pathfold/works/litter/run';
import { routeRun } from '@pathfold/works/route/run';
import { stretchRun } from '@pathfold/works/stretch/run';
import { trainRun } from '@pathfold/works/train/run';
import type { WorkRun } from '@pathfold/works/work-run';

/** The kinds of work that this volunteer can do. */
export const WORKS: readonly WorkRun[] = [routeRun, trainRun, evaluateRun, litterRun, stretchRun];
