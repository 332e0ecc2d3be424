import { stagedRun } from '../stages/run-staged.ts';
import { whatAndHowPart } from './exact-work.ts';

export const whatAndHowRun = stagedRun(whatAndHowPart);
