import { expect, test } from 'vitest';
import { adamwRates } from './adamw.ts';
import { coldStartFactor, learningRateAt } from './schedule.ts';

const schedule = { learningRate: 0.004, warmupSteps: 50, totalSteps: 1000 };

test('T2: the learning rate warms up once and falls along one cosine to 5 %', () => {
  expect(learningRateAt(schedule, 0)).toBeCloseTo(0.004 / 50, 10);
  expect(learningRateAt(schedule, 49)).toBeCloseTo(0.004, 10);
  expect(learningRateAt(schedule, 50)).toBeCloseTo(0.004, 10);
  expect(learningRateAt(schedule, 50 + 949 / 2)).toBeCloseTo(0.004 * 0.525, 10);
  expect(learningRateAt(schedule, 999)).toBeCloseTo(0.0002, 10);
  expect(learningRateAt(schedule, 5000)).toBeCloseTo(0.0002, 10);
});

test('no warm-up and a run of one step are fine', () => {
  expect(learningRateAt({ learningRate: 1, warmupSteps: 0, totalSteps: 1 }, 0)).toBe(1);
});

test('a cold lease warms up over its first tenth', () => {
  expect([0, 1, 4, 5, 30].map((step) => coldStartFactor(step, 50))).toEqual([0.2, 0.4, 1, 1, 1]);
  expect(coldStartFactor(0, 3)).toBe(1);
});

test("the rates of Adam's first step undo its bias", () => {
  const [rate, first, second] = adamwRates(0.5, 0);
  expect([rate, first, second]).toEqual([0.5, expect.closeTo(10, 4), expect.closeTo(20, 4)]);
});
