import type { Mode } from '@pathfold/protocol/run-spec';
import { useOrder } from '../lists/use-order.ts';
import { usePages } from '../lists/use-pages.ts';
import { client } from '../queries.ts';
import type { Verb } from './run-orders.ts';

/** The name under which the list of runs is kept. */
export const RUNS = ['runs'];

export const useRuns = () => usePages(RUNS, client.runs.list);

/** Gives one of the orders of a run. */
export const useVerb = (run: string, then: { onDone(verb: Verb): void; onSettled(): void }) =>
  useOrder(
    RUNS,
    async (verb: Verb) => {
      await client.runs[verb](run);
      return verb;
    },
    then,
  );

/** The new mode of a run. `arrivals`: absent where the columns are left as they are. */
export interface ModeChange {
  readonly mode: Mode;
  readonly arrivals?: readonly string[];
}

export const useModeChange = (run: string) =>
  useOrder(RUNS, ({ mode, arrivals }: ModeChange) => client.runs.setMode(run, mode, arrivals));

/** Takes a run back to a round. */
export const useRollback = (run: string, onSettled: () => void) =>
  useOrder(RUNS, (round: number) => client.runs.rollBack(run, round), { onSettled });
