import type { RouterResource } from '@pathfold/protocol/resources';

const percent = (share: number): string => `${Math.round(100 * share)} %`;

/** What a shard is mostly made of: its domains down to a twentieth, three at most. */
export const domainsInWords = ({ domains }: Pick<RouterResource, 'domains'>): string =>
  domains
    .filter(({ share }, i) => i === 0 || share >= 0.05)
    .slice(0, 3)
    .map(({ name, share }) => `${name} (${percent(share)})`)
    .join(', ');

/** Why a path answers: what the router looked at, and how sure it was. */
export const choiceInWords = (kind: RouterResource['kind'] | undefined, probability: number | null): string => {
  if (kind === 'random') return 'Prompts are dealt to paths at random.';
  if (probability !== null)
    return `By how the prompt begins, this path is the best for it with ${percent(probability)} probability.`;
  return 'By how the prompt begins, the texts of this path are the nearest to it.';
};
