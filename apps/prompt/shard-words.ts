import type { RouterResource } from '@pathfold/protocol/resources';

const percent = (share: number): string => `${Math.round(100 * share)} %`;

/** Why a path answers: what the router looked at, and how sure it was. */
export const choiceInWords = (kind: RouterResource['kind'] | undefined, probability: number | null): string => {
  if (kind === 'random') return 'Prompts are dealt to paths at random.';
  if (probability !== null)
    return `By how the prompt begins, this path is the best for it with ${percent(probability)} probability.`;
  return 'By how the prompt begins, the texts of this path are the nearest to it.';
};
