import type { Client } from '@pathfold/client/client';
import { wholeList } from '@pathfold/client/whole-list';
import type { Evaluation, ModuleResource, PathResource, RouterResource } from '@pathfold/protocol/resources';
import { useReadAgain } from '../time/polling.tsx';
import type { LiveRun } from './live-run.tsx';

const PATHS_EVERY_MS = 2000;
const ROUTING_EVERY_MS = 10_000;
const SHARD_EVERY_MS = 60_000;

/** The modules and paths of a run as they are now. */
export interface LivePaths {
  readonly paths: readonly PathResource[];
  readonly modules: readonly ModuleResource[];
  /** When they were read. */
  readonly readAt: number;
}

/** How its documents are routed, and what the last evaluation says of it. */
export interface LiveRouting {
  readonly router: readonly RouterResource[];
  readonly evaluation: Evaluation | null;
}

const preparedId = ({ run }: LiveRun): string | null =>
  run && run.state !== 'preparing' && run.state !== 'failed' ? run.id : null;

/** Follows modules and paths of a run that is followed live. Null before they are known. */
export const useLivePaths = (client: Client, live: LiveRun): LivePaths | null =>
  useReadAgain(preparedId(live), live.run, PATHS_EVERY_MS, async (id) => {
    const [paths, modules] = await Promise.all([
      wholeList((page) => client.runs.paths(id, page)),
      wholeList((page) => client.runs.modules(id, page)),
    ]);
    return { paths, modules, readAt: Date.now() };
  });

/** Follows how a run's documents are routed. Null before it is known. */
export const useLiveRouting = (client: Client, live: LiveRun): LiveRouting | null =>
  useReadAgain(preparedId(live), live.run, ROUTING_EVERY_MS, async (id) => {
    const [router, evaluation] = await Promise.all([
      wholeList((page) => client.runs.router(id, page)),
      client.runs.evaluation(id),
    ]);
    return { router, evaluation };
  });

/** The texts of the path in hand, fetched again with new work, once a minute. Null with one path. */
export function useShard(
  client: Client,
  work: { readonly run: string; readonly path: string | null; readonly round: number | null } | null,
): RouterResource | null {
  const id = work && work.path !== null ? work.run : null;
  const told = work && `${work.path} ${work.round}`;
  const shards = useReadAgain(id, told, SHARD_EVERY_MS, (run) => wholeList((page) => client.runs.router(run, page)));
  return shards?.find(({ path }) => path === work?.path) ?? null;
}
