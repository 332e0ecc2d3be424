import type { RouterResource } from '@pathfold/protocol/resources';

/** The facts that the words depend on; undefined while they are not read. */
type Told = Pick<RouterResource, 'kind'> | undefined;

/** Why a path answers: what the router looked at. */
export const choiceInWords = (told: Told): string => {
  if (told?.kind === 'random') return 'Prompts are dealt to paths at random.';
  if (told?.kind === 'discriminative') return 'By how the prompt begins, this path is expected to fit it best.';
  return 'By how the prompt begins, the texts of this path are the nearest to it.';
};

/** Why a path goes on with an answer that another began. */
export const moveInWords = (told: Told): string =>
  told?.kind === 'discriminative'
    ? 'By everything read so far, this path is expected to fit it best.'
    : 'Everything read so far is nearer to the texts of this path.';
