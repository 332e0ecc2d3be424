import type { Client } from '@pathfold/client/client';
import type { HistoryPoint, RunResource } from '@pathfold/protocol/resources';
import { useEffect, useState } from 'react';

const LOOK_AGAIN_MS = 5000;

export interface Watched {
  /** The run to show; null when there is none; undefined before the first answer. */
  readonly run: RunResource | null | undefined;
  readonly points: readonly HistoryPoint[];
  /** The coordinator does not answer. */
  readonly away: boolean;
}

/** The run that work is most likely for: the first that trains, else the first that could go on, else any. */
export const likelyRun = (runs: readonly RunResource[]): RunResource | null =>
  runs.find((run) => run.state === 'training') ??
  runs.find((run) => run.state === 'preparing' || run.state === 'paused') ??
  runs[0] ??
  null;

/** History in order of rounds; a point of a known round replaces it. */
export const withPoint = (points: readonly HistoryPoint[], point: HistoryPoint): HistoryPoint[] =>
  [...points.filter((known) => known.round !== point.round), point].sort((a, b) => a.round - b.round);

/** Follows the run that this volunteer works for (`runId`), or else the likely one, live. */
export function useRun(client: Client, runId: string | null): Watched {
  const [found, setFound] = useState<string | null>(null);
  const [run, setRun] = useState<RunResource | null>();
  const [points, setPoints] = useState<readonly HistoryPoint[]>([]);
  const [away, setAway] = useState(false);
  const id = runId ?? found;
  const settled = runId !== null || (run?.id === found && run?.state === 'training');

  useEffect(() => {
    if (settled) return;
    const stop = new AbortController();
    const look = () =>
      client.runs
        .list({}, stop.signal)
        .then(({ items }) => {
          const likely = likelyRun(items);
          setAway(false);
          setFound(likely?.id ?? null);
          setRun(likely);
        })
        .catch(() => stop.signal.aborted || setAway(true));
    void look();
    const timer = setInterval(look, LOOK_AGAIN_MS);
    return () => {
      clearInterval(timer);
      stop.abort();
    };
  }, [client, settled]);

  useEffect(() => {
    if (!id) return;
    const stop = new AbortController();
    const readHistory = () =>
      client.runs
        .history(id, stop.signal)
        .then(setPoints)
        .catch(() => {});
    const unfollow = client.runs.events(id, {
      onState(state) {
        setAway(state === 'away');
        if (state === 'live') void readHistory();
      },
      onEvent(event) {
        if (event.type === 'run') setRun(event.run);
        if (event.type === 'point') setPoints((known) => withPoint(known, event.point));
      },
      onRefused: () => setFound(null),
    });
    return () => {
      stop.abort();
      unfollow();
    };
  }, [client, id]);

  return { run, points, away };
}
