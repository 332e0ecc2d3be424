import { setTimeout as sleep } from 'node:timers/promises';
import type { ScriptedVolunteer } from '@pathfold/volunteer/scripted/volunteer';
import { digestOf, payloadFor, upload } from './contribution.ts';
import type { ServerProcess } from './server-process.ts';

const TICK_MS = 5;
/** Whoever waits longer is not waited for. */
const PATIENCE_MS = 600_000;

const percentile = (sorted: readonly number[], part: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? Number.NaN;

/**
 * Asks for `rate` leases a second for `seconds`, whatever the answers (open loop), each by another volunteer, and
 * carries each one through upload, check and acceptance. A request that is not answered counts with the time it waited.
 */
export const measureLeases = async (
  server: ServerProcess,
  volunteers: readonly ScriptedVolunteer[],
  rate: number,
  seconds: number,
) => {
  const idle = [...volunteers];
  const waits: number[] = [];
  const open = new Set<number>();
  let settled = 0;
  let failure: unknown = null;
  const carry = async (volunteer: ScriptedVolunteer): Promise<void> => {
    const asked = performance.now();
    open.add(asked);
    const lease = await volunteer.lease(PATIENCE_MS);
    open.delete(asked);
    waits.push(performance.now() - asked);
    const payload = payloadFor(lease);
    const accepted = volunteer.settled(lease, PATIENCE_MS);
    await Promise.all([upload(server.url, lease, payload, digestOf(payload)), accepted]);
    settled++;
    idle.push(volunteer);
  };

  const before = await server.metrics();
  const start = performance.now();
  const end = start + 1000 * seconds;
  for (let asked = 0; performance.now() < end && !failure; await sleep(TICK_MS))
    for (const due = ((performance.now() - start) / 1000) * rate; asked < due; asked++) {
      const volunteer = idle.shift();
      if (volunteer)
        carry(volunteer).catch((error: unknown) => {
          failure ??= error;
        });
    }
  if (failure) throw failure;
  const elapsed = (performance.now() - start) / 1000;
  const settledPerSecond = settled / elapsed;
  const after = await server.metrics();
  const count = (type: string) => {
    const labels = `type="${type}"`;
    return after('pathfold_events_total', labels) - before('pathfold_events_total', labels);
  };
  const now = performance.now();
  const sorted = [...waits, ...[...open].map((asked) => now - asked)].sort((a, b) => a - b);
  return {
    sockets: volunteers.length,
    seconds: elapsed,
    grantedPerSecond: count('LeaseGranted') / elapsed,
    settledPerSecond,
    acceptedInLogPerSecond: count('ContributionAccepted') / elapsed,
    grantP50Ms: percentile(sorted, 0.5),
    grantP99Ms: percentile(sorted, 0.99),
    loopDelayP99Ms: 1000 * after('pathfold_nodejs_eventloop_lag_p99_seconds'),
  };
};
