import type { CoordinatorState } from '../coordinator/state.ts';
import type { VirtualVolunteer } from './volunteer/volunteer.ts';

/** So soon after trouble nobody counts as able to serve. */
const SETTLING_MS = 60_000;

/** For how long one of those who can be relied on has been well, and all has been quiet. */
export function steadyMsOf(here: readonly VirtualVolunteer[], quietSince: number, now: number): number {
  const since = here.reduce(
    (least, { isCapable, wellSince }) => (isCapable && wellSince !== null ? Math.min(least, wellSince) : least),
    Number.POSITIVE_INFINITY,
  );
  return Math.max(0, now - Math.max(since, quietSince));
}

/** How many can be relied on, lend or compute, and have been well for a while, in which all has been quiet. */
export function ableOf(
  here: readonly VirtualVolunteer[],
  { volunteers }: CoordinatorState,
  quietSince: number,
  now: number,
): number {
  const since = now - SETTLING_MS;
  if (quietSince > since) return 0;
  return here.filter(({ id, isCapable, wellSince }) => {
    if (!isCapable || wellSince === null || wellSince > since) return false;
    const record = volunteers[id];
    return record !== undefined && !record.banned && (record.lends || record.lease !== null);
  }).length;
}
