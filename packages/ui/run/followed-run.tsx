import type { Client } from '@pathfold/client/client';
import type { RunResource } from '@pathfold/protocol/resources';
import { useState } from 'react';
import { usePolling } from '../time/polling.tsx';
import { type LiveRun, useLiveRun } from './live-run.tsx';

const LOOK_AGAIN_MS = 5000;

export interface Watched extends Omit<LiveRun, 'run'> {
  /** The run to show; null when there is none, or it is not open to everybody; undefined before the first answer. */
  readonly run: RunResource | null | undefined;
  /** Why none can be looked for though the coordinator answers, in one sentence; null when nothing is wrong. */
  readonly problem: string | null;
}

/** The run that work is most likely for: the first that trains a model, else the first that could go on, else any. */
export const likelyRun = (runs: readonly RunResource[]): RunResource | null =>
  runs.find((run) => run.state === 'training' && run.study === undefined) ??
  runs.find((run) => run.state === 'training') ??
  runs.find((run) => run.state === 'preparing' || run.state === 'paused') ??
  runs[0] ??
  null;

/** Follows a run live: that of this id, or else the one that `choose` takes of all. */
export function useRun(client: Client, runId: string | null, choose = likelyRun): Watched {
  const [found, setFound] = useState<RunResource | null>();
  const live = useLiveRun(client, runId ?? found?.id ?? null);
  // While work is for a run, no other one is shown in its place.
  const chosen = runId === null || found?.id === runId ? found : undefined;
  const run = live.run ?? (runId !== null && live.gone ? null : chosen);
  const settled = runId !== null || (!live.gone && run?.state === 'training');
  const { away, problem } = usePolling(
    async (signal) => setFound(choose((await client.runs.list({}, signal)).items)),
    LOOK_AGAIN_MS,
    { enabled: !settled },
  );
  return { ...live, run, away: away || live.away, problem };
}
