import type { BriefRun } from '@pathfold/works/brief-run';
import { KINDS, type Kind } from '@pathfold/works/kinds';
import type { WorkRun } from '@pathfold/works/work-run';

const kindOf = (kind: string) => KINDS.find(({ name }) => name === kind);

/** The volunteer's half of a kind of work, loaded when it is first needed; null where there is none of this name. */
export async function runOf(name: string): Promise<WorkRun | null> {
  const kind = kindOf(name);
  return !kind || kind.brief ? null : kind.run();
}

/** The kind whose leases are brief: there is one, for `ask` names none. */
const briefKind = KINDS.find((kind) => kind.brief === true)!;

export const briefRun = (): Promise<BriefRun> => briefKind.run();

/** Names of the work of brief leases. */
export const briefWords: Kind['words'] = briefKind.words;

/** Names of a volunteer's work. */
export const wordsOf = (kind: string): Kind['words'] | undefined => kindOf(kind)?.words;
