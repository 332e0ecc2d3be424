import type { Client } from '@pathfold/client/client';
import type { RunResource } from '@pathfold/protocol/resources';
import type { Chart, StudyResource } from '@pathfold/protocol/study-spec';
import { useEffect, useState } from 'react';

const LOOK_AGAIN_MS = 2000;

/** A run of a study, with what there is to see of it. */
export interface LiveStudy {
  readonly run: RunResource;
  readonly charts: readonly Chart[];
}

export interface Gallery {
  /** Undefined before the first answer. */
  readonly studies: readonly StudyResource[] | undefined;
  readonly live: readonly LiveStudy[];
  /** The coordinator does not answer. */
  readonly away: boolean;
}

/** All studies, and those under way here, read again every two seconds. */
export function useGallery(client: Client): Gallery {
  const [state, setState] = useState<Gallery>({ studies: undefined, live: [], away: false });
  useEffect(() => {
    const stop = new AbortController();
    async function look(): Promise<void> {
      try {
        const studies = await client.studies.list(stop.signal);
        const { items } = await client.runs.list({ limit: 100 }, stop.signal);
        const runs = items.filter(({ study }) => study !== undefined);
        const live = await Promise.all(
          runs.map(async (run) => ({ run, charts: await client.runs.charts(run.id, stop.signal) })),
        );
        setState({ studies, live, away: false });
      } catch {
        if (!stop.signal.aborted) setState((known) => ({ ...known, away: true }));
      }
    }
    void look();
    const timer = setInterval(look, LOOK_AGAIN_MS);
    return () => {
      clearInterval(timer);
      stop.abort();
    };
  }, [client]);
  return state;
}
