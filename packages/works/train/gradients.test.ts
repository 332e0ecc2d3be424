import { sha256Of } from '@pathfold/blobs/memory';
import { pathModules } from '@pathfold/checkpoint/levels';
import { joinModules, pathShape } from '@pathfold/checkpoint/path';
import { initModule } from '@pathfold/checkpoint/sources/seed';
import { only, Table } from '@pathfold/coordination/coordinator/table.fixture';
import { runFacts } from '@pathfold/coordination/simulator/run-facts';
import type { FoldBlobs, Json } from '@pathfold/coordination/work-plan';
import { encodeTokens } from '@pathfold/corpora/shards';
import { drawWindows } from '@pathfold/corpora/windows';
import type { ModuleRef } from '@pathfold/protocol/blob';
import type { Executor } from '@pathfold/tensors/executors/executor';
import { openExecutor } from '@pathfold/tensors/executors/open';
import { systemClock } from '@pathfold/training/clock';
import { round } from '@pathfold/training/round';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { WorkPorts } from '../work-run.ts';
import { trainFold } from './fold.ts';
import { trainPlan } from './plan.ts';
import { trainRun } from './run.ts';
import type { TrainFoldInput, TrainTask } from './task.ts';

const model = { width: 16, blocks: 2, heads: 2, context: 16, vocabulary: 257, tied: true };
const levels = [{ experts: 1, blocks: 2 }];
const path = pathShape(model, levels, '0', 'shared');
const inner = { steps: 1, learningRate: 0.003, warmupSteps: 3, weightDecay: 0.1, clipNorm: 0.5, batch: 2 };
const tokens = Uint16Array.from({ length: 400 }, (_, i) => 1 + ((i * 7) % 29));
const TOTAL = 12;

const blobs = new Map<string, Uint8Array>();
const store: FoldBlobs = {
  async put(bytes) {
    const sha256 = await sha256Of(bytes);
    blobs.set(sha256, bytes.slice());
    return { sha256, bytes: bytes.byteLength };
  },
  get: async (sha256, range) => blobs.get(sha256)!.slice(range?.start, range?.end),
};
const floats = (sha256: string) => new Float32Array(blobs.get(sha256)!.slice().buffer);
const thetaOf = (modules: readonly ModuleRef[]) => joinModules(modules.map(({ sha256 }) => floats(sha256)));

let executor: Executor;
let ports: WorkPorts;
let task: TrainTask;
beforeAll(async () => {
  executor = await openExecutor('wasm');
  const ready = { executor, clock: systemClock, signal: new AbortController().signal, throttle: () => 1 };
  ports = {
    ...ready,
    blob: async ({ sha256 }) => blobs.get(sha256)!.slice(),
    kept: () => Promise.reject(new Error('nothing stays with the volunteer')),
    remainingMs: () => Number.POSITIVE_INFINITY,
    onComputing: () => {},
    onProgress: () => {},
  };
  const modules: ModuleRef[] = [];
  for (const shape of pathModules(model, levels, '0')) {
    const blob = await store.put(new Uint8Array(initModule(shape, 1).buffer));
    modules.push({ name: shape.name, version: 0, ...blob });
  }
  task = {
    ...{ path: '0', round: 1, model, levels, embedding: 'shared', inner, modules },
    shard: await store.put(encodeTokens(tokens)),
    stepsReason: { because: 'whole', whole: 1, timesSlower: 1 },
    ...{ steps: 1, globalStep: 0, totalSteps: TOTAL, seed: 1, codec: 'f32', exchange: 'gradients' },
  };
});
afterAll(() => executor.dispose());

type Modules = { readonly ref: ModuleRef; readonly state: TrainFoldInput['state'] }[];

/** One round: volunteers with these seeds send gradients, and each module takes its step. */
async function roundOf(modules: Modules, globalStep: number, seeds: readonly number[]): Promise<Modules> {
  const refs = modules.map(({ ref }) => ref);
  const sent = [];
  for (const seed of seeds) {
    const done = await trainRun.execute({ ...task, modules: refs, globalStep, seed }, ports);
    expect(done).toMatchObject({ steps: 1, keep: null });
    sent.push({ ...(await store.put(done.payload)), lease: `seed ${seed}` });
  }
  const { learningRate, warmupSteps, weightDecay } = inner;
  const stepped: Modules = [];
  let offset = 0;
  for (const { ref, state } of modules) {
    const input: TrainFoldInput = {
      ...{ module: ref, state, average: 'sqrt', paths: 2, share: 1, figures: null, round: ref.version + 1 },
      outer: { kind: 'nesterov', learningRate: 0.7, momentum: 0.9 },
      adamw: { learningRate, warmupSteps, weightDecay, totalSteps: TOTAL, step: globalStep },
      contributions: sent.map(({ lease, sha256 }) => ({
        ...{ lease, sha256, codec: 'f32', offset, weight: 1, scale: 1 },
        ...{ steps: 1, tokens: 32, staleness: 0, ageMs: 0 },
      })),
    };
    offset += ref.bytes / 4;
    const [output] = (await trainFold.fold(input as unknown as Json, store)).modules;
    stepped.push({ ref: { name: output!.name, version: output!.version, ...output!.blob }, state: output!.state });
  }
  return stepped;
}

test("fully synchronous training is one volunteer's own training: rounds of gradients, AdamW on the coordinator", async () => {
  const theta = thetaOf(task.modules);
  let modules: Modules = task.modules.map((ref) => ({ ref, state: null }));
  for (let t = 0; t < 8; t++) modules = await roundOf(modules, t, [10 + t]);
  const alone = await round({
    ...{ executor, path, theta, moments: null, globalStep: 0, steps: 8, inner: { ...inner, totalSteps: TOTAL } },
    batches(step) {
      const { inputs, targets } = drawWindows(tokens, { context: 16, batch: 2, seed: 10 + step, step: 0 });
      return { tokens: inputs, targets };
    },
  });
  const end = thetaOf(modules.map(({ ref }) => ref));
  const moved = theta.map((value, i) => value - end[i]!);
  expect(Math.hypot(...alone.delta)).toBeGreaterThan(0.1);
  expect(Math.hypot(...moved.map((value, i) => value - alone.delta[i]!))).toBeLessThan(1e-4);
});

test('two volunteers count as the mean of their gradients', async () => {
  const modules: Modules = task.modules.map((ref) => ({ ref, state: null }));
  const momentsOf = async (seeds: number[]) =>
    (await roundOf(modules, 0, seeds)).map(({ state }) => floats(state!.sha256));
  const [first, second, both] = [await momentsOf([1]), await momentsOf([2]), await momentsOf([1, 2])];
  both.forEach((state, at) => {
    const n = (state.length - 1) / 2;
    for (let i = 0; i < n; i++) expect(state[i]).toBeCloseTo((first[at]![i]! + second[at]![i]!) / 2, 7);
  });
});

test('a run that exchanges gradients asks for them, and all modules of a round step at one rate', () => {
  const table = new Table([trainPlan]);
  table.create(runFacts('r', [2, 1], { exchange: 'gradients', replicas: 1, mode: 'sync' }), ['train']);
  const taken: TrainTask[] = [];
  const rates: number[] = [];
  for (const volunteer of ['a', 'b']) table.join(volunteer, 256);
  for (let t = 0; t < 3; t++) {
    const leases = ['a', 'b'].map((volunteer) => table.lease(volunteer));
    taken.push(...leases.map((lease) => table.state.leases[lease]!.task.body as unknown as TrainTask));
    const folds = leases.flatMap((lease) => only(table.contribute(lease, 20), 'FoldBegun'));
    expect(folds).toHaveLength(5);
    const steps = folds.map(({ fold }) => (fold.input as unknown as TrainFoldInput).adamw!.step);
    rates.push(...new Set(steps));
    table.fold();
    for (const volunteer of ['a', 'b']) table.ready(volunteer, 256);
  }
  expect(new Set(taken.map(({ exchange }) => exchange))).toEqual(new Set(['gradients']));
  expect(rates).toEqual([0, 20, 40]);
});

test('a partial gradient is as long as a whole one: the guard takes it', () => {
  const table = new Table([trainPlan]);
  table.create(runFacts('r', [1], { exchange: 'gradients', replicas: 1, mode: 'sync' }), ['train']);
  for (const [steps, norm] of [...Array.from({ length: 12 }, () => [20, 0.3] as const), [1, 1] as const]) {
    table.join('a', 256);
    expect(only(table.contribute(table.lease('a'), steps, norm), 'ContributionRejected')).toEqual([]);
    table.fold();
  }
  table.ready('a', 256);
  const [refused] = only(table.contribute(table.lease('a'), 20, 7), 'ContributionRejected');
  expect(refused).toMatchObject({ code: 'norm_out_of_bounds' });
});
