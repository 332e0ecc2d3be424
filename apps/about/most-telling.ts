import type { RunResource } from '@pathfold/protocol/resources';
import { likelyRun } from '@pathfold/ui/run/followed-run';

/** The run to show: a model of several paths, where there is one that was prepared. */
export const mostTelling = (runs: readonly RunResource[]): RunResource | null => {
  const prepared = runs.filter(
    ({ state, study }) => study === undefined && state !== 'preparing' && state !== 'failed',
  );
  return likelyRun(prepared.filter(({ pathCount }) => pathCount > 1)) ?? likelyRun(prepared);
};
