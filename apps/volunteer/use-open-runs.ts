import type { Client } from '@pathfold/client/client';
import type { RunResource } from '@pathfold/protocol/resources';
import { useEffect, useState } from 'react';

const LOOK_AGAIN_MS = 10_000;

/** Runs that have work, read again every few seconds; what was read last while the coordinator does not answer. */
export function useOpenRuns(client: Client): readonly RunResource[] {
  const [runs, setRuns] = useState<readonly RunResource[]>([]);
  useEffect(() => {
    const stop = new AbortController();
    const look = () =>
      client.runs
        .list({ limit: 100 }, stop.signal)
        .then(({ items }) => setRuns(items.filter(({ state }) => state === 'training')))
        .catch(() => {});
    void look();
    const timer = setInterval(look, LOOK_AGAIN_MS);
    return () => {
      clearInterval(timer);
      stop.abort();
    };
  }, [client]);
  return runs;
}
