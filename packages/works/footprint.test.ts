import { parameterCount, pathShape } from '@pathfold/checkpoint/path';
import { runFacts } from '@pathfold/coordination/simulator/run-facts';
import { scoringWindows } from '@pathfold/corpora/scoring';
import { InnerSpec, ModelSpec } from '@pathfold/protocol/run-spec';
import { openExecutor } from '@pathfold/tensors/executors/open';
import { fuse } from '@pathfold/tensors/executors/webgpu/fuse';
import { layOut, layoutBytes } from '@pathfold/tensors/executors/webgpu/layout';
import type { Plan } from '@pathfold/tensors/plan/types';
import { BATCH } from '@pathfold/training/forward';
import { evaluationPlan, hiddenPlan, trainingPlan } from '@pathfold/training/plans';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { scoringBytes, trainingBytes, trainingBytesOf } from './footprint.ts';

let wasm: Awaited<ReturnType<typeof openExecutor>>;
beforeAll(async () => {
  wasm = await openExecutor('wasm');
});
afterAll(() => wasm.dispose());

/** The bytes that the hungriest executor plans for any of these. */
const planned = (...plans: Plan[]): number =>
  Math.max(...plans.flatMap((plan) => [wasm.bytesOf(plan), layoutBytes(layOut(fuse(plan)))]));

const shapes = fc
  .record({
    heads: fc.constantFrom(1, 2, 4),
    headWidth: fc.constantFrom(8, 16, 32, 64),
    blocks: fc.integer({ min: 1, max: 6 }),
    context: fc.constantFrom(16, 64, 256),
    vocabulary: fc.constantFrom(257, 1024, 8192),
    tied: fc.boolean(),
  })
  .map(({ headWidth, ...shape }) => ModelSpec.parse({ ...shape, width: headWidth * shape.heads }));

test('as much memory as executors plan is asked for, and not three times as much, whatever the shape', () => {
  const inners = fc.record({ batch: fc.constantFrom(1, 2, 8, 16), recompute: fc.boolean() });
  fc.assert(
    fc.property(shapes, inners, (model, { batch, recompute }) => {
      const path = pathShape(model, [{ experts: 1, blocks: model.blocks }], '0');
      const [parameters, inner] = [parameterCount(path), InnerSpec.parse({ batch, recompute })];
      const floor = 1e6;
      const training = planned(trainingPlan(path, batch, { weightDecay: 0.1, clipNorm: 1, recompute }));
      const asked = trainingBytes({ model, inner }, parameters, 0);
      expect(asked).toBeGreaterThanOrEqual(training);
      expect(asked - floor).toBeLessThan(3 * training);
      const scoring = planned(evaluationPlan(path, BATCH), hiddenPlan(path, BATCH));
      expect(scoringBytes({ model }, parameters, 0)).toBeGreaterThanOrEqual(scoring);
      expect(scoringBytes({ model }, parameters, 0) - floor).toBeLessThan(3 * scoring);
    }),
    { numRuns: 100, seed: 1 },
  );
}, 60_000);

test('a text that is scored is held twice, in windows with their nats, and as a sum a token', () => {
  const model = ModelSpec.parse({});
  const { context } = model;
  const ids = new Uint16Array(50_000).fill(7);
  const bytesOfTokens = new Uint16Array(model.vocabulary).fill(2);
  const windows = scoringWindows(ids, bytesOfTokens, { context, prefixBytes: 128 }).length;
  const held = 2 * ids.byteLength + windows * context * 3 * 4 + ids.length * 8;
  const asked = scoringBytes({ model }, 0, ids.byteLength) - scoringBytes({ model }, 0, 0);
  expect(asked).toBeGreaterThanOrEqual(held);
  expect(asked).toBeLessThan(1.2 * held);
});

test('training holds the largest shard of the run twice', () => {
  const run = runFacts('r', [2]);
  const [first, second] = Object.values(run.paths);
  const least = trainingBytesOf({ ...run, paths: { a: { ...first!, shard: null } } });
  const sized = (bytes: number) => ({ ...second!, shard: { sha256: 'f'.repeat(64), bytes } });
  expect(trainingBytesOf({ ...run, paths: { a: sized(3e6), b: sized(8e6) } }) - least).toBe(16e6);
});
