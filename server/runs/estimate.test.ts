import { RunSpec, type RunSpecInput } from '@pathfold/protocol/run-spec';
import { expect, test } from 'vitest';
import { estimate } from './estimate.ts';

const model = { width: 16, blocks: 3, heads: 2, context: 32, vocabulary: 300 };
const EMBEDDING = 300 * 16;
const HEAD = 16;
/** Norms, attention, SwiGLU of hidden width 48. */
const BLOCK = 2 * 16 + 4 * 16 * 16 + 3 * 16 * 48;
const of = (spec: Partial<RunSpecInput>, present = {}) =>
  estimate(RunSpec.parse({ corpus: 'any', model, inner: { steps: 10, batch: 4 }, totalSteps: 100, ...spec }), {
    tokensPerSecond: 128,
    volunteers: undefined,
    ...present,
  });
const base = { steps: 60 };

test('a dense run has one path, which is all of it', () => {
  const parameters = EMBEDDING + 3 * BLOCK + HEAD;
  expect(of({})).toMatchObject({
    pathCount: 1,
    parametersPerPath: parameters,
    parametersTotal: parameters,
    moduleCount: 3,
    uploadBytesPerRound: 4 * parameters,
    coordinatorBytesPerRound: 2 * 2 * 4 * parameters,
    tokensPerRound: 10 * 4 * 32,
    volunteers: 2,
    baseMinutes: 0,
  });
  // 128 tokens a step and second.
  expect(of({}).minutesPerRound).toBeCloseTo(10 / 60);
  expect(of({}).minutesTotal).toBeCloseTo(100 / 60);
});

test('a path of many is as large as a dense one; private levels and embeddings count once for each path', () => {
  const levels = [
    { experts: 2, blocks: 1 },
    { experts: 'path' as const, blocks: 1 },
    { experts: 2, blocks: 1 },
  ];
  const parametersPerPath = EMBEDDING + 3 * BLOCK + HEAD;
  const experts = (2 + 4 + 2) * BLOCK;
  const sizes = (embedding: RunSpecInput['embedding']) => of({ levels, base, embedding });
  expect(sizes('shared')).toMatchObject({
    pathCount: 4,
    moduleCount: 10,
    parametersPerPath,
    parametersTotal: EMBEDDING + HEAD + experts,
  });
  expect(sizes('level')).toMatchObject({ parametersPerPath, parametersTotal: 2 * (EMBEDDING + HEAD) + experts });
  expect(sizes('path')).toMatchObject({ parametersPerPath, parametersTotal: 4 * (EMBEDDING + HEAD) + experts });
});

test('time counts the base, and turns where volunteers are fewer than a round needs', () => {
  const levels = [{ experts: 4, blocks: 3 }];
  const enough = of({ levels, base });
  expect(enough).toMatchObject({ volunteers: 8, baseMinutes: 1 });
  expect(enough.minutesTotal).toBeCloseTo(1 + 100 / 60);
  const few = of({ levels, base }, { volunteers: 3 });
  expect(few.minutesPerRound).toBeCloseTo(2 * enough.minutesPerRound);
  expect(few.coordinatorBytesPerRound).toBe(enough.coordinatorBytesPerRound / 2);
  for (const known of [{ run: 'known' }, { packaged: 'starter' as const }])
    expect(of({ levels, base: known }).baseMinutes).toBe(0);
  const one = of({ levels, base, quorum: 2 }, { volunteers: 1 });
  expect(one.baseMinutes).toBe(2);
  expect(one.minutesPerRound).toBeCloseTo(8 * enough.minutesPerRound);
});

test('who is too slow for all steps of a round does those that a lease has time for', () => {
  // A step takes 1 s, and 6 s of the deadline may be filled.
  const slow = of({ roundDeadlineMs: 10_000 });
  expect(slow.minutesPerRound).toBeCloseTo(6 / 60);
  expect(slow.tokensPerRound).toBe(6 * 4 * 32);
  expect(slow.minutesTotal).toBeCloseTo(of({}).minutesTotal);
  const slowest = of({ roundDeadlineMs: 10_000 }, { tokensPerSecond: 1 });
  expect(slowest.tokensPerRound).toBe(4 * 32);
});
