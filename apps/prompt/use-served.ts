import type { RunResource } from '@pathfold/protocol/resources';
import { useEffect, useState } from 'react';
import { fetchServed, type ServedPath } from './exports.ts';

/** Which version of a run's only path is served; null while it is not known. Read again when the run has changed. */
export function useServed(run: RunResource, path: string): ServedPath | null {
  const [served, setServed] = useState<ServedPath | null>(null);
  const { id, round, rollbacks, scoredRound, state } = run;
  // biome-ignore lint/correctness/useExhaustiveDependencies: what is served may change with each of them
  useEffect(() => {
    const stop = new AbortController();
    fetchServed(id, path, stop.signal).then(setServed, () => {});
    return () => stop.abort();
  }, [id, path, round, rollbacks, scoredRound, state]);
  return served;
}
