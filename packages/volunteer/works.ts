import { KINDS, type Kind } from '@pathfold/works/kinds';
import type { WorkRun } from '@pathfold/works/work-run';

const kindOf = (kind: string) => KINDS.find(({ name }) => name === kind);

/** The volunteer's half of a kind of work, loaded when it is first needed; null where there is none of this name. */
export const runOf = async (kind: string): Promise<WorkRun | null> => (await kindOf(kind)?.run()) ?? null;

/** What a volunteer's work is called. */
export const wordsOf = (kind: string): Kind['words'] | undefined => kindOf(kind)?.words;
