import type { RunFacts } from '@pathfold/coordination/work-plan';
import { median, type Norm } from './state.ts';

/** Norms kept of one volunteer, and of all. */
const OF_ONE = 8;
const OF_ALL = 256;

/** Older versions kept bare numbers: nobody's. */
const known = (norms: readonly Norm[]): Norm[] => norms.filter(({ volunteer }) => volunteer !== undefined);

/** Norms of different numbers of steps side by side: an outer gradient grows with their root, a mean gradient does not. */
export const comparableNorm = ({ spec }: RunFacts, norm: number, steps: number): number =>
  spec.exchange === 'gradients' ? norm : norm / Math.sqrt(steps);

/** The newest norms, oldest first, with one more. */
export function withNorm(norms: readonly Norm[], newest: Norm): Norm[] {
  const others = known(norms);
  const own = others.filter(({ volunteer }) => volunteer === newest.volunteer);
  const kept = own.length < OF_ONE ? others : others.filter((norm) => norm !== own[0]);
  return [...kept, newest].slice(-OF_ALL);
}

/**
 * The median over volunteers of the median of each one's newest norms: however much one of them hands in, it is one of
 * them. `newcomer` counts too where nothing of that volunteer is known. NaN when nothing is.
 */
export function typicalNorm(norms: readonly Norm[], newcomer?: Norm): number {
  const own = new Map<string, number[]>();
  for (const { volunteer, norm } of known(norms)) own.set(volunteer, [...(own.get(volunteer) ?? []), norm]);
  if (newcomer && !own.has(newcomer.volunteer)) own.set(newcomer.volunteer, [newcomer.norm]);
  return median([...own.values()].map(median));
}
