import { Table } from '@pathfold/coordination/coordinator/table.fixture';
import { blobOf, runFacts } from '@pathfold/coordination/simulator/run-facts';
import type { FoldOutput, Growth, ModelRun } from '@pathfold/coordination/work-plan';
import { RoutingSpec, type RunSpec } from '@pathfold/protocol/run-spec';
import { expect } from 'vitest';
import { trainPlan } from '../train/plan.ts';
import { routePlan } from './plan.ts';
import type { RouteTask } from './task.ts';

export const SPEED = 256;
export const NOBODY = { related: () => true, hasOther: () => false };

/** A run of two paths that are not routed yet. */
export function unrouted(spec: Partial<RunSpec>): ModelRun {
  const facts = runFacts('r', [2], { replicas: 1, ...spec });
  const paths = Object.fromEntries(
    Object.entries(facts.paths).map(([id, path]) => [id, { ...path, shard: null, shardTokens: 0 }]),
  );
  const base = ['embedding', 'level0.0', 'head'].map((name) => ({ name, version: 0, ...blobOf(`base ${name}`) }));
  return { ...facts, paths, base, routing: null };
}

export function tableWith(spec: Partial<RunSpec>): Table {
  const table = new Table([routePlan, trainPlan]);
  table.create(unrouted(spec), ['route', 'train']);
  return table;
}

export const bodyOf = (table: Table, volunteer: string): RouteTask =>
  table.state.leases[table.lease(volunteer)]!.task.body as unknown as RouteTask;
export const kindOf = (table: Table, volunteer: string): string | undefined =>
  table.state.leases[table.state.volunteers[volunteer]!.lease ?? '']?.kind;

/** The answer of a routing's fold. */
export function endFold(table: Table, version: number, growth: Growth | null = null): void {
  const counts = { train: [50, 50], router: [5, 5], test: [5, 5] };
  const blobs = { router: blobOf('router'), assignment: blobOf('assignment'), shards: blobOf('shards') };
  const paths = Object.fromEntries(
    ['0', '1', ...(growth ? ['2'] : [])].map((id) => [id, { shard: blobOf(`${id} v${version}`), shardTokens: 9 }]),
  );
  const output: FoldOutput = {
    modules: [],
    figures: null,
    result: { features: blobOf('features'), kept: null },
    routing: { version, counts, ...blobs, paths, growth },
  };
  const fold = routingFold(table);
  expect(fold.startsWith(`routing v${version} `)).toBe(true);
  table.take({ type: 'FoldEnded', run: 'r', kind: 'route', fold, output });
}

/** The routing that is being folded. */
export const routingFold = (table: Table): string =>
  Object.values(table.state.runs['r']!.folds).find(({ kind }) => kind === 'route')!.fold.key;

export const routing = (spec: object) => RoutingSpec.parse(spec);
