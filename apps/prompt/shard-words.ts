import type { RouterResource } from '@pathfold/protocol/resources';

/** What the words depend on; undefined while it is not read. */
type Told = Pick<RouterResource, 'kind' | 'grown'> | undefined;

const percent = (share: number): string => `${Math.round(100 * share)} %`;

/** The scores of a router are probabilities only while its run has not grown. */
const isSure = (told: Told, probability: number | null): probability is number =>
  probability !== null && told?.grown === false;

/** Why a path answers: what the router looked at, and how sure it was. */
export const choiceInWords = (told: Told, probability: number | null): string => {
  if (told?.kind === 'random') return 'Prompts are dealt to paths at random.';
  if (isSure(told, probability))
    return `By how the prompt begins, this path is the best for it with ${percent(probability)} probability.`;
  return 'By how the prompt begins, the texts of this path are the nearest to it.';
};

/** Why a path goes on with an answer that another began. */
export const moveInWords = (told: Told, probability: number | null): string =>
  isSure(told, probability)
    ? `By everything read so far, this path is the best for it with ${percent(probability)} probability.`
    : 'Everything read so far is nearer to the texts of this path.';
