import { type Failures, foldId, type LeaseRecord, type RunRecord } from './state.ts';

/**
 * A task that fails for everybody is not leased for ever: its run pauses after so many failed attempts from three or more
 * networks; from fewer, which may be one person's, after more.
 */
export const MOST_ATTEMPTS = { ofMany: 5, ofFew: 20 } as const;
export const MANY = 3;
/** Tasks of a run that are remembered: those of rounds that are over are never done. */
const MOST_TASKS = 100;

/** A contribution was rejected. What the kind of work did not admit passed its check: that is no failure. */
export function noteRejected(
  run: RunRecord,
  { kind, task, contribution }: LeaseRecord,
  network: string,
  code: string,
): void {
  if (contribution?.figures) return;
  run.failures ??= {};
  const id = foldId(kind, task.key);
  const { attempts = 0, volunteers = [] }: Partial<Failures> = run.failures[id] ?? {};
  run.failures[id] = { attempts: attempts + 1, volunteers: [...new Set(volunteers).add(network)], code };
  const [oldest, ...others] = Object.keys(run.failures);
  if (others.length >= MOST_TASKS) delete run.failures[oldest!];
}

export function noteAccepted(run: RunRecord, { kind, task }: LeaseRecord): void {
  delete run.failures?.[foldId(kind, task.key)];
}

/** Why the run should pause, in words; null while no task of it is hopeless. */
export function hopelessTask(run: RunRecord): string | null {
  for (const [
    id,
    {
      attempts,
      volunteers: { length: networks },
      code,
    },
  ] of Object.entries(run.failures ?? {}))
    if (attempts >= (networks >= MANY ? MOST_ATTEMPTS.ofMany : MOST_ATTEMPTS.ofFew))
      return (
        `The task ${id} failed its check ${attempts} times, in the hands of volunteers of ${networks} ` +
        `${networks === 1 ? 'network' : 'networks'}, last as ${code}: it may never pass. ` +
        'Resume the run to try again.'
      );
  return null;
}
