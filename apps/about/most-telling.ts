import type { RunResource } from '@pathfold/protocol/resources';
import { likelyRun } from '@pathfold/ui/followed-run';

/** The run to show: one of several paths, where there is one that was prepared. */
export const mostTelling = (runs: readonly RunResource[]): RunResource | null => {
  const prepared = runs.filter(({ state }) => state !== 'preparing' && state !== 'failed');
  return likelyRun(prepared.filter(({ pathCount }) => pathCount > 1)) ?? likelyRun(prepared);
};
