import type { Client } from '@pathfold/client/client';
import type { RunResource } from '@pathfold/protocol/resources';
import { useEffect, useState } from 'react';
import { type LiveRun, useLiveRun } from './live-run.tsx';

const LOOK_AGAIN_MS = 5000;

export interface Watched extends Omit<LiveRun, 'run'> {
  /** The run to show; null when there is none; undefined before the first answer. */
  readonly run: RunResource | null | undefined;
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
  const [silent, setSilent] = useState(false);
  const live = useLiveRun(client, runId ?? found?.id ?? null);
  const run = live.run ?? found;
  const settled = runId !== null || (!live.gone && run?.state === 'training');

  useEffect(() => {
    if (settled) return;
    const stop = new AbortController();
    const look = () =>
      client.runs
        .list({}, stop.signal)
        .then(({ items }) => {
          setSilent(false);
          setFound(choose(items));
        })
        .catch(() => stop.signal.aborted || setSilent(true));
    void look();
    const timer = setInterval(look, LOOK_AGAIN_MS);
    return () => {
      clearInterval(timer);
      stop.abort();
    };
  }, [client, settled, choose]);

  return { ...live, run, away: silent || live.away };
}
