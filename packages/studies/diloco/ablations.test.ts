import { bytesOf, floatsOf } from '@pathfold/checkpoint/layout';
import { newRun } from '@pathfold/checkpoint/new-run';
import { densePath, pathShape, splitPath } from '@pathfold/checkpoint/path';
import { fromSeed } from '@pathfold/checkpoint/sources/seed';
import { encodeTokens } from '@pathfold/corpora/shards';
import { RunSpec } from '@pathfold/protocol/run-spec';
import { openExecutor } from '@pathfold/tensors/executors/open';
import { trainFold } from '@pathfold/works/train/fold';
import { trainPlan } from '@pathfold/works/train/plan';
import { trainRun } from '@pathfold/works/train/run';
import { decodeCarried, encodeCarried } from '@pathfold/works/train/run-carried';
import { TrainTask } from '@pathfold/works/train/task';
import type { WorkPorts, WorkRun } from '@pathfold/works/work-run';
import { expect, test } from 'vitest';
import { Laboratory } from '../laboratory/laboratory.ts';

import { thetaOf } from '../laboratory/theta.ts';
import { averageMoments, OwnStart, prune } from './ablations.ts';

const spec = RunSpec.parse({
  name: 'test',
  corpus: 'test',
  model: { width: 16, blocks: 1, heads: 2, context: 16, vocabulary: 257 },
  inner: { steps: 3, batch: 2, warmupSteps: 2 },
  replicas: 2,
  totalSteps: 9,
});
const path = densePath(spec.model);
const minus = (a: Float32Array, b: Float32Array) => a.map((value, i) => value - b[i]!);

test('whose contribution was lost goes on from its own parameters and moments, once, and sends all that is missing', async () => {
  const own = new OwnStart();
  const expected: Float32Array[] = [];
  const sent: Float32Array[] = [];
  let end: Float32Array | null = null;
  let kept: Uint8Array | null = null;

  /** The round by hand: the product's training from where this volunteer stands. */
  async function byHand(body: unknown, ports: WorkPorts): Promise<void> {
    const task = TrainTask.parse(body);
    const theta = await thetaOf(lab.blobs, lab.state.runs['r']!.facts);
    const start = task.round === 2 ? end! : theta;
    const parts = splitPath(start, path);
    const blob: WorkPorts['blob'] = async (ref) => {
      const part = parts[task.modules.findIndex(({ sha256 }) => sha256 === ref.sha256)];
      return part ? bytesOf(part).slice() : ports.blob(ref);
    };
    const own = task.round === 2 ? { kept: async () => kept } : {};
    const { payload, keep } = await trainRun.execute(body, { ...ports, ...own, blob });
    end = minus(start, floatsOf(payload));
    kept = keep!.bytes;
    expected.push(minus(theta, end));
  }

  const runOf = (volunteer: string): WorkRun => ({
    name: 'train',
    async execute(body, ports) {
      if (volunteer === 'a') return trainRun.execute(body, ports);
      await byHand(body, ports);
      const result = await own.runOf(volunteer).execute(body, ports);
      sent.push(floatsOf(result.payload));
      return result;
    },
  });
  const executor = await openExecutor('wasm');
  const lab: Laboratory = new Laboratory({
    kinds: [{ plan: trainPlan, fold: trainFold, runOf }],
    executor,
    loses({ volunteer, task }) {
      const isLost = volunteer === 'b' && (task.body as { round: number }).round === 1;
      own.settle(volunteer, isLost);
      return isLost;
    },
  });
  const text = Uint16Array.from({ length: 400 }, (_, i) => 1 + ((i * i) % 97));
  const shard = await lab.blobs.put(encodeTokens(text));
  const documents = { train: shard, router: shard, test: shard, domains: shard };
  lab.create(await newRun(lab.blobs, { id: 'r', spec, source: fromSeed(1), documents, tokenizer: shard }));
  for (const id of ['a', 'b']) lab.join({ id, tokensPerSecond: 1000 });
  await lab.play(() => lab.state.runs['r']!.state === 'finished');
  executor.dispose();
  expect(sent).toEqual(expected);
  expect(sent).toHaveLength(3);
});

test('pruning zeroes the smallest values of each neuron, and those alone', () => {
  const small = pathShape(spec.model, [{ experts: 1, blocks: 1 }], '0');
  const count = small.modules.reduce((sum, { parameterCount }) => sum + parameterCount, 0);
  const delta = Float32Array.from({ length: count }, (_, i) => Math.sin(i) + 0.001 * (i % 7));
  const pruned = prune(delta, small, 0.5);
  expect(prune(delta, small, 0)).toEqual(delta);
  const row = (values: Float32Array) => [...values.subarray(16, 32)];
  const sizes = row(delta)
    .map(Math.abs)
    .sort((a, b) => a - b);
  expect(row(pruned)).toEqual(row(delta).map((value) => (Math.abs(value) < sizes[8]! ? 0 : value)));
  const qkv = 257 * 16 + 16;
  const column = (values: Float32Array) => Array.from({ length: 16 }, (_, i) => values[qkv + 48 * i + 5]!);
  expect(column(pruned).filter((value) => value === 0)).toHaveLength(8);
});

test('averaged moments are the mean of those there are', () => {
  const state = (value: number, steps: number) =>
    encodeCarried(
      {
        moments: { m: Float32Array.of(value, 0), v: Float32Array.of(0, value), steps },
        codecState: new Float32Array(0),
      },
      1,
    );
  const mean = { m: Float32Array.of(2, 0), v: Float32Array.of(0, 2), steps: 6 };
  expect(decodeCarried(averageMoments([state(1, 5), state(3, 6)], 2), 2, 0, 2)!.moments).toEqual(mean);
});
