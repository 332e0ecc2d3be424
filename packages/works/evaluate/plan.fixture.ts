import { Table } from '@pathfold/coordination/coordinator/table.fixture';
import { runFacts } from '@pathfold/coordination/simulator/run-facts';
import type { Json } from '@pathfold/coordination/work-plan';
import type { RunSpec } from '@pathfold/protocol/run-spec';
import { trainPlan } from '../train/plan.ts';
import { type EvaluateState, evaluatePlan } from './plan.ts';

export const SPEED = 256;

export function tableWith(spec: Partial<RunSpec>): Table {
  const table = new Table([trainPlan, evaluatePlan]);
  table.create(runFacts('r', [1], { replicas: 1, ...spec }), ['train', 'evaluate']);
  return table;
}

export const kindOf = (table: Table, volunteer: string): string | undefined => {
  const lease = table.state.volunteers[volunteer]!.lease;
  return lease === null ? undefined : table.state.leases[lease]!.kind;
};

/** The volunteer finishes its lease, and asks for the next. */
export function work(table: Table, volunteer: string): void {
  table.contribute(table.lease(volunteer), 20);
  table.fold();
  table.ready(volunteer, SPEED);
}

export function asked(): Table {
  const table = new Table([trainPlan, evaluatePlan], 3_600_000);
  table.create(runFacts('r', [1], { replicas: 1, evaluateEvery: 1000, roundDeadlineMs: 60_000 }), [
    'train',
    'evaluate',
  ]);
  table.join('a', SPEED, 'home');
  table.take({ type: 'WorkRequested', run: 'r', kind: 'evaluate' });
  return table;
}

export const foldsOf = (table: Table) =>
  Object.values(table.state.runs['r']!.folds).flatMap(({ kind, fold }) => (kind === 'evaluate' ? fold : []));
export const endFold = (table: Table, result: Json) => {
  const [fold] = foldsOf(table);
  const output = { modules: [], figures: null, result };
  return table.take({ type: 'FoldEnded', run: 'r', kind: 'evaluate', fold: fold!.key, output });
};
export const scored = { round: 0, validLoss: 2, validBitsPerByte: 2, paths: {}, whole: null };
export const evaluation = (table: Table) => {
  const { works, facts } = table.state.runs['r']!;
  return evaluatePlan.pages!.summary(works['evaluate'] as EvaluateState, facts).evaluation;
};
