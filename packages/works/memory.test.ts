import { InnerSpec, ModelSpec } from '@pathfold/protocol/run-spec';
import { openExecutor } from '@pathfold/tensors/executors/open';
import { fuse } from '@pathfold/tensors/executors/webgpu/fuse';
import { layOut, layoutBytes } from '@pathfold/tensors/executors/webgpu/layout';
import type { Plan } from '@pathfold/tensors/plan/types';
import { BATCH } from '@pathfold/training/forward';
import { parameterCount, pathShape } from '@pathfold/training/path';
import { evaluationPlan, hiddenPlan, trainingPlan } from '@pathfold/training/plans';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { scoringBytes, trainingBytes } from './memory.ts';

let wasm: Awaited<ReturnType<typeof openExecutor>>;
beforeAll(async () => {
  wasm = await openExecutor('wasm');
});
afterAll(() => wasm.dispose());

/** What the hungriest executor plans for any of these. */
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
      const asked = trainingBytes({ model, inner }, parameters);
      expect(asked).toBeGreaterThanOrEqual(training);
      expect(asked - floor).toBeLessThan(3 * training);
      const scoring = planned(evaluationPlan(path, BATCH), hiddenPlan(path, BATCH));
      expect(scoringBytes({ model }, parameters, 0)).toBeGreaterThanOrEqual(scoring);
      expect(scoringBytes({ model }, parameters, 0) - floor).toBeLessThan(3 * scoring);
    }),
    { numRuns: 100, seed: 1 },
  );
}, 60_000);

test('texts are held as ids, targets and nats', () => {
  const model = ModelSpec.parse({});
  expect(scoringBytes({ model }, 0, 1e6) - scoringBytes({ model }, 0, 0)).toBe(12e6);
});
