import { memoryBlobs } from '@pathfold/blobs/memory';
import { bytesOf, floatsOf } from '@pathfold/checkpoint/layout';
import { halvesIn, halvesOf, valuesOf } from '@pathfold/compression/half';
import { applyPatch } from '@pathfold/compression/patch';
import { q } from '@pathfold/compression/q';
import { checkpointRounds } from '@pathfold/coordination/coordinator/checkpoints';
import { createCoordinator } from '@pathfold/coordination/coordinator/mind';
import { restore, snapshot } from '@pathfold/coordination/coordinator/state';
import { only, Table } from '@pathfold/coordination/coordinator/table.fixture';
import type { CoordinatorEvent } from '@pathfold/coordination/events';
import { runFacts } from '@pathfold/coordination/simulator/run-facts';
import type { FoldBlobs, ModelRun } from '@pathfold/coordination/work-plan';
import { MODES, type RunSpec } from '@pathfold/protocol/run-spec';
import { expect, test } from 'vitest';
import { newestRefs } from '../module-refs.ts';
import { trainFold } from './fold.ts';
import { trainPlan } from './plan.ts';
import type { TrainTask } from './task.ts';

const SIZE = 60;
const SPEED = 256;

/** Numbers in [0, 1) from a seed (Marsaglia's xorshift of 32 bits). */
function drawFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

/** The real plan and the real fold, with gradients that travel by q, and a volunteer that has the first version and fetches ways. */
class Play {
  readonly table = new Table([trainPlan], 3_600_000);
  readonly #draw: () => number;
  readonly #blobs = memoryBlobs();
  readonly #gradients = new Map<string, Uint8Array>();
  /** Versions of modules that the volunteer has, by hash. */
  readonly has = new Map<string, Float32Array>();
  readonly seen = { folds: 0, followed: 0, snapshots: new Set<string>() };
  readonly store: FoldBlobs = {
    put: this.#blobs.put,
    get: async (sha256, range) =>
      this.#gradients.get(sha256)?.slice(range?.start, range?.end) ?? (await this.#blobs.get(sha256, range))!,
  };

  constructor(seed: number) {
    this.#draw = drawFrom(seed);
  }

  async begin(spec: Partial<RunSpec>): Promise<void> {
    const facts = runFacts('r', [2], { replicas: 2, ...spec });
    for (const module of Object.values(facts.modules)) {
      const values = Float32Array.from({ length: SIZE }, () => this.#draw() - 0.5);
      const blob = await this.#blobs.put(bytesOf(values));
      this.has.set(blob.sha256, values);
      Object.assign(module, { parameterCount: SIZE, blob });
    }
    this.table.create(facts, ['train']);
  }

  get run() {
    return this.table.state.runs['r']!;
  }

  async contribute(volunteer: string, size: number): Promise<void> {
    if (!this.table.state.volunteers[volunteer]) this.table.join(volunteer, SPEED);
    await this.settle(this.table.wait(5000));
    await this.settle(this.table.ready(volunteer, SPEED));
    const lease = this.table.state.volunteers[volunteer]!.lease;
    if (lease === null) return;
    const { modules } = this.table.state.leases[lease]!.task.body as unknown as TrainTask;
    const coded = modules.map(({ name }) => ({ name, parameterCount: SIZE }));
    const gradient = Float32Array.from(
      { length: SIZE * modules.length },
      (_, i) => size * (this.#draw() - 0.4 - (i % 2) / 5),
    );
    this.#gradients.set(lease.padEnd(64, '0'), q(2).encode(gradient, new Float32Array(0), coded).payload);
    await this.settle(this.table.wait(5000));
    const steps = this.table.state.leases[lease]?.task.steps;
    if (steps === undefined) return;
    await this.settle(this.table.contribute(lease, steps));
    await this.settle(this.table.wait(5000));
  }

  /** Computes the folds that were begun, twice, as a restart does, and those that follow. */
  async settle(decided: CoordinatorEvent[]): Promise<void> {
    for (const { kind, fold } of only(decided, 'FoldBegun')) {
      const output = await trainFold.fold(fold.input, this.store);
      expect(await trainFold.fold(fold.input, this.store)).toEqual(output);
      this.seen.folds++;
      const next = this.table.take({ type: 'FoldEnded', run: 'r', kind, fold: fold.key, output });
      await this.#follow(output.modules[0]!.name);
      await this.settle(next);
    }
  }

  /** The newest version by each way that a task names. */
  async #follow(name: string): Promise<void> {
    const facts = this.run.facts as ModelRun;
    const path = Object.keys(facts.paths).find((id) => facts.paths[id]!.modules.includes(name))!;
    const { sha256, lattice } = newestRefs(facts, path).find((ref) => ref.name === name)!;
    const theta = floatsOf(await this.store.get(sha256));
    const halves = valuesOf(halvesIn(await this.store.get(lattice!.snapshot.sha256)));
    this.seen.snapshots.add(lattice!.snapshot.sha256);
    for (const { from, sha256: patch } of lattice!.patches) {
      const start = from === lattice!.snapshot.sha256 ? halves : this.has.get(from);
      expect(start).toBeDefined();
      // Whoever has a version has the snapshot that begins with it.
      if (from !== lattice!.snapshot.sha256) {
        this.seen.followed++;
        const own = await this.store.put(new Uint8Array(halvesOf(start!).buffer));
        if (!this.known.has(lattice!.snapshot.sha256)) expect(own.sha256).toBe(lattice!.snapshot.sha256);
      }
      expect(bytesOf(applyPatch(await this.store.get(patch), start!, halves))).toEqual(bytesOf(theta));
    }
    this.known.add(lattice!.snapshot.sha256);
    this.has.set(sha256, theta);
  }
  readonly known = new Set<string>();
}

test('V1, V2: over random folds, rollbacks and switches of mode, patches from the version before and from the snapshot give the version bit for bit', async () => {
  const draw = drawFrom(7);
  const play = new Play(11);
  await play.begin({
    wire: { codec: 'q', coarsest: 2 },
    outer: { kind: 'nesterov', learningRate: 0.7, momentum: 0.9, average: 'mean' },
  });
  const { table } = play;
  for (let turn = 0; turn < 240; turn++) {
    await play.contribute(`v${turn % 4}`, 0.01 * 3 ** Math.sin(turn / 20));
    if (turn % 30 === 29)
      await play.settle(
        table.take({ type: 'RunModeChanged', run: 'r', mode: MODES[Math.floor(draw() * MODES.length)]! }),
      );
    if (turn % 40 !== 39) continue;
    table.take({ type: 'RunStateChanged', run: 'r', state: 'paused', reason: null });
    const rounds = checkpointRounds(play.run);
    table.take({ type: 'RollbackRequested', run: 'r', round: rounds[Math.floor(draw() * rounds.length)]! });
    await play.settle(table.take({ type: 'RunStateChanged', run: 'r', state: 'training', reason: null }));
  }
  expect(play.seen.folds).toBeGreaterThan(150);
  expect(play.seen.followed).toBe(play.seen.folds);
  expect(play.seen.snapshots.size).toBeGreaterThan(4);

  // A restart reads the same from the log, and from a snapshot of the state.
  const mind = createCoordinator([trainPlan]);
  const state = mind.init();
  for (const event of table.log) mind.apply(state, event);
  expect(state.runs['r']!.facts).toEqual(play.run.facts);
  expect(restore(snapshot(state)).runs['r']!.facts).toEqual(play.run.facts);
});

test('V3: what rounding leaves out of a version stays in the master, and is never lost', async () => {
  const outer = { kind: 'sgd', learningRate: 1, momentum: 0, average: 'mean' } as const;
  const play = new Play(5);
  await play.begin({ wire: { codec: 'q', coarsest: 1 }, outer });
  const sum = new Float64Array(SIZE);
  const first = [...play.has.values()][0]!;
  for (let turn = 0; turn < 60; turn++) await play.contribute('v', 0.01);
  for (const event of only(play.table.log, 'FoldBegun')) {
    const { module, contributions } = event.fold.input as unknown as {
      module: { name: string };
      contributions: { sha256: string; offset: number; weight: number }[];
    };
    if (module.name !== 'embedding') continue;
    const weights = contributions.reduce((all, { weight }) => all + weight, 0);
    for (const { sha256, offset, weight } of contributions) {
      const gradient = await q().decodeModule(
        async (start, end) => play.store.get(sha256, { start, end }),
        offset,
        SIZE,
      );
      gradient.forEach((value, i) => {
        sum[i]! += (value * weight) / weights;
      });
    }
  }
  const { blob, state, lattice } = play.run.facts.modules['embedding']!;
  const master = floatsOf(await play.store.get(state!.sha256));
  const theta = floatsOf(await play.store.get(blob.sha256));
  expect(master).toHaveLength(SIZE);
  for (let i = 0; i < SIZE; i++) {
    expect(master[i]!).toBeCloseTo(first[i]! - sum[i]!, 5);
    expect(Math.abs(theta[i]! - master[i]!)).toBeLessThanOrEqual(0.51 * lattice!.step);
  }
});

test('a run whose gradients travel whole has no lattice', async () => {
  const play = new Play(3);
  await play.begin({});
  play.table.join('v', SPEED);
  const lease = play.table.lease('v');
  const [begun] = only([...play.table.contribute(lease, 20), ...play.table.wait(600_000)], 'FoldBegun');
  expect(begun!.fold.input).not.toHaveProperty('lattice');
});
