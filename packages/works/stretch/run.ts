import { stagedRun } from '../stages/run-staged.ts';
import { stretchPart } from './exact.ts';

export const stretchRun = stagedRun(stretchPart);
