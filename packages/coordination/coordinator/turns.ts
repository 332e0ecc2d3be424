import { isIdle, leasesOf, type Memory } from './memory.ts';
import type { VolunteerRecord } from './state.ts';

/** Whether one more lease would give its network more than half of a run's leases, while somebody of another one waits. */
function hasItsShare(memory: Memory, run: string, { trusted, origin }: VolunteerRecord): boolean {
  if (trusted || origin === null) return false;
  const own = memory.originLeases.get(leasesOf(run, origin)) ?? 0;
  if (own === 0 || 2 * (own + 1) <= (memory.leaseCounts.get(run) ?? 0) + 1) return false;
  return memory.idle.size + memory.idleLast.size > (memory.idleOrigins.get(origin) ?? 0);
}

/** Whether others who wait for work of a run come first. Those that the operator vouches for stand back for nobody. */
export const standsBack = (memory: Memory, run: string, volunteer: VolunteerRecord): boolean =>
  memory.idleLast.has(volunteer.id) || hasItsShare(memory, run, volunteer);

/**
 * Those who wait, in the order in which they are asked about a run: last of all who stands back for leases that it missed,
 * and after them those whose network has its share.
 */
export function* inTurn(memory: Memory, run: string): Generator<VolunteerRecord, undefined> {
  const later: VolunteerRecord[] = [];
  for (const queue of [memory.idle, memory.idleLast])
    for (const volunteer of queue.values())
      if (hasItsShare(memory, run, volunteer)) later.push(volunteer);
      else yield volunteer;
  for (const volunteer of later) if (isIdle(volunteer)) yield volunteer;
}
