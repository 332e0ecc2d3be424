import { Table } from '@pathfold/coordination/coordinator/table.fixture';
import { runFacts } from '@pathfold/coordination/simulator/run-facts';
import type { RunSpec } from '@pathfold/protocol/run-spec';
import { trainPlan } from './plan.ts';
import type { TrainTask } from './task.ts';

/** 20 steps of 4 x 32 tokens: at this speed a whole lease takes 10 s. */
export const SPEED = 256;

export function tableWith(spec: Partial<RunSpec> = {}, experts = [1]): Table {
  const table = new Table([trainPlan]);
  table.create(runFacts('r', experts, spec), ['train']);
  return table;
}

export const taskOf = (table: Table, volunteer: string): TrainTask =>
  table.state.leases[table.lease(volunteer)]!.task.body as unknown as TrainTask;

export const versions = (table: Table) =>
  Object.values(table.state.runs['r']!.facts.modules).map(({ version }) => version);
