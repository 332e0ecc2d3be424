import type { Client } from '@pathfold/client/client';
import type { RunResource } from '@pathfold/protocol/resources';
import { levelsOf } from '@pathfold/protocol/run-spec';
import { useEffect, useState } from 'react';

const LOOK_AGAIN_MS = 5000;

export interface Runs {
  /** Undefined before the first answer. */
  readonly runs: readonly RunResource[] | undefined;
  /** The coordinator does not answer. */
  readonly away: boolean;
}

/** The runs of the coordinator, read again every few seconds. */
export function useRuns(client: Client): Runs {
  const [state, setState] = useState<Runs>({ runs: undefined, away: false });
  useEffect(() => {
    const stop = new AbortController();
    const look = () =>
      client.runs
        .list({ limit: 100 }, stop.signal)
        .then(({ items }) => setState({ runs: items, away: false }))
        .catch(() => stop.signal.aborted || setState((known) => ({ ...known, away: true })));
    void look();
    const timer = setInterval(look, LOOK_AGAIN_MS);
    return () => {
      clearInterval(timer);
      stop.abort();
    };
  }, [client]);
  return state;
}

/** A run of a language model can be asked once its first outer step is taken. */
export const canAnswer = (run: RunResource): boolean => run.study === undefined && run.round > 0;

/** The path that answers every prompt; null where there are several. */
export const onlyPath = (run: RunResource): string | null =>
  run.pathCount === 1
    ? levelsOf(run.spec)
        .map(() => '0')
        .join('-')
    : null;
