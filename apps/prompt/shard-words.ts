import type { RouterResource } from '@pathfold/protocol/resources';

const percent = (share: number): string => `${Math.round(100 * share)} %`;

/** Why a path answers: what the router looked at, and how sure it was. */
export const choiceInWords = (kind: RouterResource['kind'] | undefined, probability: number | null): string => {
  if (kind === 'random') return 'Prompts are dealt to paths at random.';
  if (probability !== null)
    return `By how the prompt begins, this path is the best for it with ${percent(probability)} probability.`;
  return 'By how the prompt begins, the texts of this path are the nearest to it.';
};

/** Why a path goes on with an answer that another began. */
export const moveInWords = (probability: number | null): string =>
  probability === null
    ? 'Everything read so far is nearer to the texts of this path.'
    : `By everything read so far, this path is the best for it with ${percent(probability)} probability.`;
