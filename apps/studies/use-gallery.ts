import type { Client } from '@pathfold/client/client';
import type { RunResource } from '@pathfold/protocol/resources';
import type { Chart, StudyResource } from '@pathfold/protocol/study-spec';
import { type Polled, usePolling } from '@pathfold/ui/time/polling';

const LOOK_AGAIN_MS = 2000;

/** A run of a study, with what there is to see of it. */
export interface LiveStudy {
  readonly run: RunResource;
  readonly charts: readonly Chart[];
}

interface Gallery {
  readonly studies: readonly StudyResource[];
  readonly live: readonly LiveStudy[];
}

/** All studies, and runs of them here, read again every two seconds. Charts are read of the runs of `shown` alone. */
export const useGallery = (client: Client, shown: string | null): Polled<Gallery> =>
  usePolling((signal) => readGallery(client, shown, signal), LOOK_AGAIN_MS);

async function readGallery(client: Client, shown: string | null, signal: AbortSignal): Promise<Gallery> {
  const studies = await client.studies.list(signal);
  const { items } = await client.runs.list({ limit: 100 }, signal);
  const runs = items.filter(({ study }) => study !== undefined);
  const live = await Promise.all(
    runs.map(async (run) => ({
      run,
      charts: run.study === shown ? await client.runs.charts(run.id, signal) : [],
    })),
  );
  return { studies, live };
}
