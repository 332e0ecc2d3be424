import type { RunResource } from '@pathfold/protocol/resources';
import { useReadAgain } from '@pathfold/ui/time/polling';
import { fetchServed, type ServedPath } from './exports.ts';

const SERVED_EVERY_MS = 2000;

/** Which version of a run's only path is served; null while it is not known. Read again when the run has changed. */
export function useServed(run: RunResource, path: string): ServedPath | null {
  const { id, round, rollbacks, scoredRound, state } = run;
  const told = [round, rollbacks, scoredRound, state].join();
  return useReadAgain(id, told, SERVED_EVERY_MS, () => fetchServed(id, path));
}
