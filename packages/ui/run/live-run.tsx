import type { Client } from '@pathfold/client/client';
import type { HistoryPoint, LeaseResource, RunResource, VolunteerResource } from '@pathfold/protocol/resources';
import { useEffect, useState } from 'react';

export interface LiveRun {
  /** As the coordinator told it last; null before. */
  readonly run: RunResource | null;
  /** In order of rounds. */
  readonly points: readonly HistoryPoint[];
  readonly volunteers: readonly VolunteerResource[];
  readonly leases: readonly LeaseResource[];
  /** The coordinator does not answer. */
  readonly away: boolean;
  /** There is no such run any more. */
  readonly gone: boolean;
}

const NOTHING: LiveRun = { run: null, points: [], volunteers: [], leases: [], away: false, gone: false };

/** History in order of rounds; of a round that both know, the newer point. */
export const withPoints = (points: readonly HistoryPoint[], newer: readonly HistoryPoint[]): HistoryPoint[] =>
  [...new Map([...points, ...newer].map((point) => [point.round, point])).values()].sort((a, b) => a.round - b.round);

/** Follows a run live; after a lost connection, and when the run is taken back, it reads the history again. `id` null: follows nothing. */
export function useLiveRun(client: Client, id: string | null): LiveRun {
  const [state, setState] = useState<LiveRun>(NOTHING);
  useEffect(() => {
    setState(NOTHING);
    if (!id) return;
    const stop = new AbortController();
    const change = (part: Partial<LiveRun>) => setState((known) => ({ ...known, ...part }));
    let reading = new AbortController();
    const readHistory = () => {
      reading.abort();
      reading = new AbortController();
      return client.runs
        .history(id, AbortSignal.any([stop.signal, reading.signal]))
        .then((points) => setState((known) => ({ ...known, points: withPoints(points, known.points) })))
        .catch(() => {});
    };
    let rollbacks: number | null = null;
    const unfollow = client.runs.events(id, {
      onState(connection) {
        change({ away: connection === 'away' });
        if (connection === 'live') void readHistory();
      },
      onEvent(event) {
        if (event.type === 'run') {
          const isTakenBack = rollbacks !== null && event.run.rollbacks !== rollbacks;
          rollbacks = event.run.rollbacks;
          change(isTakenBack ? { run: event.run, points: [] } : { run: event.run });
          // Later rounds are not part of the run any more.
          if (isTakenBack) void readHistory();
        } else if (event.type === 'volunteers') change({ volunteers: event.items });
        else if (event.type === 'leases') change({ leases: event.items });
        else setState((known) => ({ ...known, points: withPoints(known.points, [event.point]) }));
      },
      onRefused: () => change({ gone: true, away: false }),
    });
    return () => {
      stop.abort();
      unfollow();
    };
  }, [client, id]);
  return state;
}
