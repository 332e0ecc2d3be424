import type { RunResource } from '@pathfold/protocol/resources';
import { levelsOf } from '@pathfold/protocol/run-spec';

/**
 * A run of a language model can be asked once it is prepared and its documents have their paths: then rounds are kept. One
 * that begins as copies of a base can be asked before: all its paths are the base.
 */
export const canAnswer = ({ study, keptRounds, state, spec }: RunResource): boolean =>
  study === undefined && (keptRounds.length > 0 || (spec.base !== null && state !== 'preparing' && state !== 'failed'));

/** The run to ask first: the newest that was trained, else the newest that answers. */
export const firstToAsk = (runs: readonly RunResource[]): RunResource | undefined =>
  runs.find((run) => canAnswer(run) && run.tokens > 0) ?? runs.find(canAnswer) ?? runs[0];

/** Why a run cannot be asked, and what can be done. */
export function refusalOf({ study, state, reason }: RunResource): { title: string; words: string } {
  if (study !== undefined)
    return { title: 'This run is a study', words: 'It trains no language model: there is nothing to ask.' };
  if (state === 'failed') return { title: 'This run could not be prepared', words: reason ?? '' };
  return {
    title: state === 'preparing' ? 'This run is being prepared' : 'Documents are not routed yet',
    words: 'Its model can be asked right after; this page looks again by itself.',
  };
}

/** Whether its router can choose a path again in the midst of an answer: not where there is one path, or chance chooses. */
export const canReroute = ({ pathCount, spec }: RunResource): boolean =>
  pathCount > 1 && spec.routing.kind !== 'random';

/** The path that answers every prompt; null where there are several. */
export const onlyPath = (run: RunResource): string | null =>
  run.pathCount === 1
    ? levelsOf(run.spec)
        .map(() => '0')
        .join('-')
    : null;
