import { stagedRun } from '../stages/run-staged.ts';
import { baldwinPart } from './exact-work.ts';

export const baldwinRun = stagedRun(baldwinPart);
