import type { Client } from '@pathfold/client/client';
import { sentenceOf, UnreachableError } from '@pathfold/client/http';
import type { RunResource } from '@pathfold/protocol/resources';
import type { Chart, StudyResource } from '@pathfold/protocol/study-spec';
import { lookAgain } from '@pathfold/ui/time/look-again';
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
  /** Any other fault, in one sentence. */
  readonly problem: string | null;
}

/** All studies, and those under way here, read again every two seconds. */
export function useGallery(client: Client): Gallery {
  const [state, setState] = useState<Gallery>({ studies: undefined, live: [], away: false, problem: null });
  useEffect(() => {
    const stop = new AbortController();
    async function look(): Promise<boolean> {
      try {
        const read = await readGallery(client, stop.signal);
        setState({ ...read, away: false, problem: null });
      } catch (error) {
        const away = error instanceof UnreachableError;
        if (!stop.signal.aborted) setState((known) => ({ ...known, away, problem: away ? null : sentenceOf(error) }));
      }
      return true;
    }
    const end = lookAgain(look, LOOK_AGAIN_MS);
    return () => {
      end();
      stop.abort();
    };
  }, [client]);
  return state;
}

async function readGallery(client: Client, signal: AbortSignal) {
  const studies = await client.studies.list(signal);
  const { items } = await client.runs.list({ limit: 100 }, signal);
  const runs = items.filter(({ study }) => study !== undefined);
  const live = await Promise.all(runs.map(async (run) => ({ run, charts: await client.runs.charts(run.id, signal) })));
  return { studies, live };
}
