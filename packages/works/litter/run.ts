import { stagedRun } from '../stages/run-staged.ts';
import { litterPart } from './exact-work.ts';

export const litterRun = stagedRun(litterPart);
