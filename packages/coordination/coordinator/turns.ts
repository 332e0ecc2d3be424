import { isIdle, leasesOf, type Memory } from './memory.ts';
import type { VolunteerRecord } from './state.ts';

/** Whether one more lease would give a network more than half of a run's leases, while somebody of another one waits. */
function hasItsShare({ idle, idleOrigins, leaseCounts, originLeases }: Memory, run: string, origin: string): boolean {
  const own = originLeases.get(leasesOf(run, origin)) ?? 0;
  const othersWait = idle.size > (idleOrigins.get(origin) ?? 0);
  return othersWait && own > 0 && 2 * (own + 1) > (leaseCounts.get(run) ?? 0) + 1;
}

/**
 * For how much a volunteer stands back when others wait for work of a run: 0 for nothing, 1 for leases that it missed, 2
 * for its network's share, 3 for both. Those that the operator vouches for stand back for nobody.
 */
export function standsBack(memory: Memory, run: string, { trusted, missed, origin }: VolunteerRecord): 0 | 1 | 2 | 3 {
  if (trusted) return 0;
  const hasMissed = missed !== undefined;
  return origin !== null && hasItsShare(memory, run, origin) ? (hasMissed ? 3 : 2) : hasMissed ? 1 : 0;
}

/** Those who wait, in the order in which they are asked about a run: the longest waiting first of those who stand back as much. */
export function* inTurn(memory: Memory, run: string): Generator<VolunteerRecord, undefined> {
  const later: [VolunteerRecord[], VolunteerRecord[], VolunteerRecord[]] = [[], [], []];
  for (const volunteer of memory.idle.values()) {
    const back = standsBack(memory, run, volunteer);
    if (back === 0) yield volunteer;
    else later[back - 1]!.push(volunteer);
  }
  for (const volunteer of later.flat()) if (isIdle(volunteer)) yield volunteer;
}
