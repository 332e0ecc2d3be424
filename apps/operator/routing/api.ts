import { useLivePaths, useLiveRouting } from '@pathfold/ui/run/live-paths';
import type { LiveRun } from '@pathfold/ui/run/live-run';
import { useOrder } from '../lists/use-order.ts';
import { client } from '../queries.ts';
import { RUNS } from '../runs/api.ts';
import type { Origin } from './growth-origins.ts';

export const usePaths = (live: LiveRun) => useLivePaths(client, live);
export const useRouting = (live: LiveRun) => useLiveRouting(client, live);

/** Adds a copy of an expert to its level. */
export const useGrowth = (run: string, then: { onDone(): void; onSettled(): void }) =>
  useOrder(RUNS, ({ level, expert }: Origin) => client.runs.grow(run, level, expert), then);
