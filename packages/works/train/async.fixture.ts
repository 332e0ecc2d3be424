import { only, Table } from '@pathfold/coordination/coordinator/table.fixture';
import type { CoordinatorEvent } from '@pathfold/coordination/events';
import { runFacts } from '@pathfold/coordination/simulator/run-facts';
import { AsyncSpec, type RunSpec } from '@pathfold/protocol/run-spec';
import type * as z from 'zod/mini';
import { trainPlan } from './plan.ts';
import type { TrainState } from './state.ts';
import type { TrainFoldInput, TrainTask } from './task.ts';

/** Tokens a second. 20 steps of 4 x 32 tokens: at this speed a whole lease takes 10 s. */
export const SPEED = 256;

/** A table with one run in mode `async`, `r`. */
export function tableWith(async: z.input<typeof AsyncSpec> = {}, spec: Partial<RunSpec> = {}, experts = [1]): Table {
  const table = new Table([trainPlan], 600_000);
  table.create(runFacts('r', experts, { mode: 'async', replicas: 4, async: AsyncSpec.parse(async), ...spec }), [
    'train',
  ]);
  return table;
}

export const taskOf = (table: Table, volunteer: string): TrainTask =>
  table.state.leases[table.lease(volunteer)]!.task.body as unknown as TrainTask;
export const inputs = (events: CoordinatorEvent[]) =>
  only(events, 'FoldBegun').map(({ fold }) => fold.input as unknown as TrainFoldInput);
export const train = (table: Table) => table.state.runs['r']!.works['train'] as TrainState;

/** Everybody contributes a whole lease at its pace, its fold ends, and it asks for the next. */
export function warmUp(table: Table, secondsALease: Readonly<Record<string, number>>): void {
  for (const id of Object.keys(secondsALease)) table.join(id, SPEED);
  const ends = Object.entries(secondsALease).sort(([, a], [, b]) => a - b);
  let passed = 0;
  for (const [id, seconds] of ends) {
    table.wait(1000 * (seconds - passed));
    passed = seconds;
    const lease = table.lease(id);
    table.contribute(lease, table.state.leases[lease]!.task.steps);
    table.fold();
    table.ready(id, SPEED);
  }
}
