import { sha256Of } from '@pathfold/blobs/memory';
import { pathModules } from '@pathfold/checkpoint/levels';
import { loadPath } from '@pathfold/checkpoint/path';
import { initModule } from '@pathfold/checkpoint/sources/seed';
import { decodeTokens, encodeTokens } from '@pathfold/corpora/shards';
import { drawWindows } from '@pathfold/corpora/windows';
import type { Moments } from '@pathfold/optim/inner/adamw';
import type { BlobRef, ModuleRef } from '@pathfold/protocol/blob';
import { Report } from '@pathfold/protocol/report';
import type { Executor } from '@pathfold/tensors/executors/executor';
import { openExecutor } from '@pathfold/tensors/executors/open';
import { systemClock } from '@pathfold/training/clock';
import { round } from '@pathfold/training/round';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { WorkPorts } from '../work-run.ts';
import { trainRun } from './run.ts';
import type { TrainTask } from './task.ts';

const model = { width: 16, blocks: 2, heads: 2, context: 16, vocabulary: 257, tied: true };
const levels = [{ experts: 1, blocks: 2 }];
const shapes = pathModules(model, levels, '0');

const blobs = new Map<string, Uint8Array>();
const put = async (bytes: Uint8Array): Promise<BlobRef> => {
  const sha256 = await sha256Of(bytes);
  blobs.set(sha256, bytes);
  return { sha256, bytes: bytes.byteLength };
};

let executor: Executor;
let task: TrainTask;
beforeAll(async () => {
  executor = await openExecutor('tfjs-cpu');
  const modules: ModuleRef[] = [];
  for (const shape of shapes) {
    const values = initModule(shape, 1);
    modules.push({ name: shape.name, version: 0, ...(await put(new Uint8Array(values.buffer))) });
  }
  const shard = await put(encodeTokens(Uint16Array.from({ length: 400 }, (_, i) => 1 + ((i * 7) % 29))));
  const inner = { steps: 6, learningRate: 0.003, warmupSteps: 2, weightDecay: 0.1, clipNorm: 1, batch: 2 };
  task = {
    ...{ path: '0', round: 1, model, levels, embedding: 'shared', inner, modules, shard },
    stepsReason: { because: 'whole' as const, whole: 6, timesSlower: 1 },
    ...{ steps: 6, globalStep: 0, totalSteps: 60, seed: 5, codec: 'f32' },
  };
});
afterAll(() => executor.dispose());

const portsWith = (changes: Partial<WorkPorts> = {}): WorkPorts => ({
  executor,
  blob: async (ref) => blobs.get(ref.sha256)!.slice(),
  kept: async () => null,
  clock: systemClock,
  remainingMs: () => Number.POSITIVE_INFINITY,
  signal: new AbortController().signal,
  throttle: () => 1,
  onComputing: () => {},
  onProgress: () => {},
  ...changes,
});
const floats = (bytes: Uint8Array) => new Float32Array(bytes.slice().buffer);
const norm = (values: Float32Array) => Math.hypot(...values);

/** The task's path with the outer gradient taken off at full length: theta_i(t) = theta(t-1) - delta. */
const moved = async (from: TrainTask, payload: Uint8Array): Promise<TrainTask> => {
  const delta = floats(payload);
  let offset = 0;
  const modules: ModuleRef[] = [];
  for (const module of from.modules) {
    const values = floats(blobs.get(module.sha256)!);
    for (let i = 0; i < values.length; i++) values[i]! -= delta[offset + i]!;
    offset += values.length;
    modules.push({ name: module.name, version: module.version + 1, ...(await put(new Uint8Array(values.buffer))) });
  }
  return { ...from, modules };
};

test('T1, T3: the contribution is the outer gradient of every module in order, and it leads downhill', async () => {
  const progress: number[] = [];
  const first = await trainRun.execute(task, portsWith({ onProgress: ({ steps }) => progress.push(steps) }));
  expect(first.payload.byteLength).toBe(task.modules.reduce((sum, module) => sum + module.bytes, 0));
  expect(first).toMatchObject({ steps: 6, tokens: 6 * 2 * 16 });
  expect(progress).toEqual([1, 2, 3, 4, 5, 6]);
  const second = await trainRun.execute(await moved(task, first.payload), portsWith());
  expect(second.loss!).toBeLessThan(first.loss!);
});

test('T4: the next round of the path goes on with the moments that the last one ended with', async () => {
  const shard = decodeTokens(blobs.get(task.shard.sha256)!);
  /** The round by hand, from where the one before ended. */
  const byHand = async ({ modules, globalStep }: TrainTask, moments: Moments | null) =>
    round({
      ...{ executor, path: { model, modules: shapes }, moments, globalStep, steps: task.steps },
      theta: await loadPath(modules, async ({ sha256 }) => blobs.get(sha256)!),
      inner: { ...task.inner, totalSteps: task.totalSteps },
      batches(step) {
        const window = { context: model.context, batch: task.inner.batch, seed: task.seed, step };
        const { inputs, targets } = drawWindows(shard, window);
        return { tokens: inputs, targets };
      },
    });
  const first = await trainRun.execute(task, portsWith());
  const { moments } = await byHand(task, null);
  const next = { ...(await moved(task, first.payload)), globalStep: 6 };
  const asked: string[] = [];
  const kept = async (name: string) => {
    asked.push(name);
    return first.keep!.bytes;
  };
  const second = await trainRun.execute(next, portsWith({ kept }));
  expect(asked).toEqual([first.keep!.name]);
  expect(floats(second.payload)).toEqual((await byHand(next, moments)).delta);
});

test('moments from a version that the run has not reached, or of another net, start cold', async () => {
  const first = await trainRun.execute(task, portsWith());
  const { keep } = await trainRun.execute(await moved(task, first.payload), portsWith());
  const cold = await trainRun.execute(task, portsWith());
  const rolledBack = await trainRun.execute(task, portsWith({ kept: async () => keep!.bytes }));
  expect(floats(rolledBack.payload)).toEqual(floats(cold.payload));
  const torn = await trainRun.execute(task, portsWith({ kept: async () => keep!.bytes.slice(4) }));
  expect(floats(torn.payload)).toEqual(floats(cold.payload));
});

test('T5: after a rollback of the run it does not go on with the moments from before', async () => {
  const first = await trainRun.execute(task, portsWith());
  const asked: string[] = [];
  const kept = async (name: string) => {
    asked.push(name);
    return name === first.keep!.name ? first.keep!.bytes : null;
  };
  const back = await trainRun.execute({ ...task, rollbacks: 1 }, portsWith({ kept }));
  const cold = await trainRun.execute(task, portsWith());
  expect(asked).toEqual([back.keep!.name]);
  expect(floats(back.payload)).toEqual(floats(cold.payload));
});

test('L5: cut short, it answers the steps that were done', async () => {
  const control = new AbortController();
  const cut = await trainRun.execute(
    task,
    portsWith({ signal: control.signal, onProgress: ({ steps }) => steps === 2 && control.abort() }),
  );
  expect(cut).toMatchObject({ steps: 2, tokens: 2 * 2 * 16 });
  expect(norm(floats(cut.payload))).toBeGreaterThan(0);
  const before = await trainRun.execute(task, portsWith({ signal: AbortSignal.abort() }));
  expect(before.steps).toBe(0);
});

test('with a clock that runs backwards it takes all its steps, to the same bits; the door refuses the time it tells', async () => {
  let time = 0;
  const clock = {
    now: () => {
      time -= 1000;
      return time;
    },
    sleep: async () => {},
  };
  const told = await trainRun.execute(task, portsWith({ clock, remainingMs: () => 10_000 }));
  const punctual = await trainRun.execute(task, portsWith());
  expect(told).toMatchObject({ steps: 6, tokens: punctual.tokens, loss: punctual.loss });
  expect(floats(told.payload)).toEqual(floats(punctual.payload));
  expect(told.computeMs).toBeLessThan(0);
  expect(Report.shape.computeMs.safeParse(told.computeMs).success).toBe(false);
  expect(Report.shape.computeMs.safeParse(punctual.computeMs).success).toBe(true);
});

test('bad input ends in an error of a code, which says what and where', async () => {
  const failed = (changes: Partial<TrainTask>, ports = portsWith()) =>
    trainRun.execute({ ...task, ...changes }, ports).catch((error: unknown) => error);

  const shard = await put(encodeTokens(new Uint16Array(400).fill(257)));
  expect(await failed({ shard })).toMatchObject({
    code: 'bad_tokens',
    message: 'token 257 at 0 is outside the vocabulary of 257',
  });

  const [first, ...others] = task.modules;
  const broken = floats(blobs.get(first!.sha256)!).fill(Number.NaN, 0, 1);
  const modules = [{ ...first!, ...(await put(new Uint8Array(broken.buffer))) }, ...others];
  expect(await failed({ modules, globalStep: 30 })).toMatchObject({
    code: 'loss_not_finite',
    detail: 'the loss of inner step 30 is not finite',
  });

  const small = await openExecutor('wasm', { memoryBytes: 1e5 });
  expect(await failed({}, portsWith({ executor: small }))).toMatchObject({
    code: 'out_of_memory',
    detail: 'this work needs 1 MB of memory, of 1 MB',
  });
  small.dispose();
});

test('a task whose modules are not those of its path is refused before anything is computed', async () => {
  const swapped = { ...task, modules: [...task.modules].reverse() };
  await expect(trainRun.execute(swapped, portsWith())).rejects.toMatchObject({ code: 'bad_message' });
  await expect(trainRun.execute({ ...task, steps: 'many' }, portsWith())).rejects.toMatchObject({
    code: 'bad_message',
  });
});
