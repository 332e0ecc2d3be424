import { checkpointRounds } from '@pathfold/coordination/coordinator/checkpoints';
import { only, Table } from '@pathfold/coordination/coordinator/table.fixture';
import { blobOf, runFacts } from '@pathfold/coordination/simulator/run-facts';
import type { FoldOutput } from '@pathfold/coordination/work-plan';
import { RoutingSpec } from '@pathfold/protocol/run-spec';
import { expect, test } from 'vitest';
import { trainPlan } from '../train/plan.ts';
import { type RouteState, routePlan } from './plan.ts';
import type { RouteFoldInput } from './task.ts';

const SPEED = 256;

/** A run of two paths, not routed yet; its only re-sharding is due after two of five rounds. */
function unroutedTable(): Table {
  const routing = RoutingSpec.parse({ kind: 'discriminative' });
  const facts = runFacts('r', [2], { replicas: 1, totalSteps: 100, routing });
  for (const path of Object.values(facts.paths)) Object.assign(path, { shard: null, shardTokens: 0 });
  const table = new Table([routePlan, trainPlan]);
  table.create({ ...facts, base: [], routing: null }, ['route', 'train']);
  return table;
}

const run = (table: Table) => table.state.runs['r']!;
const route = (table: Table) => run(table).works['route'] as RouteState;

function endRouting(table: Table, fold: string, version: number): void {
  const blobs = { router: blobOf('router'), assignment: blobOf('assignment'), shards: blobOf('shards') };
  const counts = { train: [50, 50], router: [5, 5], test: [5, 5] };
  const paths = Object.fromEntries(
    ['0', '1'].map((id) => [id, { shard: blobOf(`${id} v${version}`), shardTokens: 9 }]),
  );
  const result = { features: blobOf('features'), kept: null };
  const routing = { version, counts, ...blobs, paths, growth: null };
  const output: FoldOutput = { modules: [], figures: null, result, routing };
  table.take({ type: 'FoldEnded', run: 'r', kind: 'route', fold, output });
}

/** Whoever holds a lease of this kind hands in; who holds none asks. Answers the folds of routing that begin. */
function play(table: Table, kinds: readonly string[]) {
  const folds = [];
  for (const volunteer of ['a', 'b', 'c']) {
    if (table.state.volunteers[volunteer]!.lease === null) table.ready(volunteer, SPEED);
    const lease = table.state.leases[table.state.volunteers[volunteer]!.lease ?? ''];
    if (!lease || !kinds.includes(lease.kind)) continue;
    const begun = only(table.contribute(lease.id, lease.kind === 'train' ? 20 : 10), 'FoldBegun');
    folds.push(...begun.filter(({ kind }) => kind === 'route').map(({ fold }) => fold));
  }
  for (const { kind, fold } of Object.values(run(table).folds)) {
    if (kind !== 'train') continue;
    const { name, version } = (fold.input as unknown as { module: { name: string; version: number } }).module;
    const stepped = { name, version: version + 1, blob: blobOf(fold.key), state: null };
    const output = { modules: [stepped], figures: null, result: null };
    table.take({ type: 'FoldEnded', run: 'r', kind, fold: fold.key, output });
  }
  return folds;
}

/** The fold of the next re-sharding. */
function resharding(table: Table) {
  for (let i = 0; i < 40; i++) {
    const [fold] = play(table, ['train', 'route']);
    if (fold) return fold;
  }
  throw new Error('no re-sharding comes');
}

test('no round is kept before documents have their paths; none from before they were routed anew', () => {
  const table = unroutedTable();
  for (const volunteer of ['a', 'b', 'c']) table.join(volunteer, SPEED);
  expect(checkpointRounds(run(table))).toEqual([]);
  const [first] = play(table, ['route']);
  endRouting(table, first!.key, 1);
  expect(checkpointRounds(run(table))).toEqual([0]);
  for (let i = 0; !checkpointRounds(run(table)).includes(2) && i < 20; i++) play(table, ['train']);
  expect(checkpointRounds(run(table))).toEqual([0, 1, 2]);
  let folds: ReturnType<typeof play> = [];
  for (let i = 0; folds.length === 0 && i < 20; i++) folds = play(table, ['route']);
  endRouting(table, folds[0]!.key, 2);
  expect(run(table).facts.routing!.version).toBe(2);
  expect(checkpointRounds(run(table))).toEqual([2]);
});

test('a re-sharding that moved nothing comes again when the run is taken back to before it', () => {
  const table = unroutedTable();
  for (const volunteer of ['a', 'b', 'c']) table.join(volunteer, SPEED);
  endRouting(table, play(table, ['route'])[0]!.key, 1);
  const result = { features: blobOf('features'), kept: 'too alike' };
  const output: FoldOutput = { modules: [], figures: null, result };
  table.take({ type: 'FoldEnded', run: 'r', kind: 'route', fold: resharding(table).key, output });
  expect(route(table)).toMatchObject({ reshardings: 1, notice: expect.stringContaining('too alike') });
  table.take({ type: 'RunStateChanged', run: 'r', state: 'paused', reason: null });
  table.take({ type: 'RollbackRequested', run: 'r', round: 1 });
  expect(route(table)).toMatchObject({ reshardings: 0, notice: null });
  table.take({ type: 'RunStateChanged', run: 'r', state: 'training', reason: null });
  expect(resharding(table).key).toContain('after rollback 1');
});

test('a re-sharding from the losses of models that are gone begins again, and its old fold ends nothing', () => {
  const table = unroutedTable();
  for (const volunteer of ['a', 'b', 'c']) table.join(volunteer, SPEED);
  endRouting(table, play(table, ['route'])[0]!.key, 1);
  const lost = resharding(table);
  expect(route(table)).toMatchObject({ reshardings: 1, folding: lost.key });
  table.take({ type: 'RunStateChanged', run: 'r', state: 'paused', reason: null });
  table.take({ type: 'RollbackRequested', run: 'r', round: 1 });
  expect(route(table)).toMatchObject({ reshardings: 0, folding: null, parts: null });
  table.take({ type: 'RunStateChanged', run: 'r', state: 'training', reason: null });
  endRouting(table, lost.key, 2);
  expect(run(table).facts.routing!.version).toBe(1);
  const again = resharding(table);
  expect([lost.key, again.key]).toEqual(['routing v2 fold 2', 'routing v2 fold 3 after rollback 1']);
  const losses = (fold: typeof again) => (fold.input as unknown as RouteFoldInput).losses;
  expect(losses(again).map(({ path }) => path)).toEqual(['0', '1']);
  expect(losses(again)).not.toEqual(losses(lost));
});
