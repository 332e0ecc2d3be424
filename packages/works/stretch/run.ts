import { stagedRun } from '../stages/run-staged.ts';
import { stretchPart } from './exact-work.ts';

export const stretchRun = stagedRun(stretchPart);
