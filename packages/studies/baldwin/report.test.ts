import { DESCENT_STEPS, MOST_CURVES } from '@pathfold/works/baldwin/plan-state';
import { expect, test } from 'vitest';
import type { FigureOf } from '../claims.ts';
import { claimsOf, costOfDescent, driftOf } from './report.ts';
import { settings } from './settings.ts';

const figures =
  (of: Record<string, Record<string, number>>): FigureOf =>
  (arm, figure) =>
    of[arm]?.[figure!] ?? Number.NaN;
const curves = (all: readonly (readonly [flops: number, loss: number])[]) =>
  Object.fromEntries(
    all.flatMap(([flops, loss], i) => [
      [`flops of curve ${i}`, flops],
      [`loss of curve ${i}`, loss],
    ]),
  );
/** Its last curve is not its best. */
const baldwin = {
  ...curves([
    [100, 4],
    [200, 1.5],
    [400, 2],
  ]),
  final: 0.1,
  flops: 500,
};

test('the cost of a descent is that of its first curve as good as Baldwin’s last, as a share of what that cost', () => {
  const fomaml = {
    ...curves([
      [10, 3],
      [20, 2],
      [30, 1],
    ]),
    flops: 30,
  };
  expect(costOfDescent(figures({ baldwin, fomaml }))).toBe(20 / 400);
});

test('a descent that never comes so far has cost 1 at least', () => {
  const short = {
    ...curves([
      [10, 3],
      [20, 2.01],
    ]),
    flops: 20,
  };
  expect(costOfDescent(figures({ baldwin, fomaml: short }))).toBe(1);
  const long = { ...curves([[800, 3]]), flops: 800 };
  expect(costOfDescent(figures({ baldwin, fomaml: long }))).toBe(2);
});

test('without one of both nothing is measured', () => {
  expect(costOfDescent(figures({ baldwin }))).toBeNaN();
  expect(costOfDescent(figures({ fomaml: { ...curves([[1, 1]]), flops: 1 } }))).toBeNaN();
});

test('flips alone freeze half of all weights in the end, and the claim says how many in its generations', () => {
  expect(driftOf(0.005, 1)).toBeCloseTo(0.005, 12);
  expect(driftOf(0.005, 2)).toBeCloseTo(2 * 0.005 * 0.995, 12);
  expect(driftOf(0.005, 100_000)).toBeCloseTo(0.5, 12);
  const claimOf = (quick: boolean) => claimsOf(settings(quick).mask.config).find(({ id }) => id === 'baldwin.D')!.claim;
  expect(claimOf(false)).toContain('freeze 0.46');
  expect(claimOf(true)).toContain('freeze 0.13');
});

test('no arm has more curves than a run keeps', () => {
  for (const quick of [true, false])
    for (const { config } of Object.values(settings(quick))) {
      const [{ method, generations }] = config.arms as [(typeof config.arms)[0]];
      const curves = method === 'fomaml' ? Math.ceil(generations / DESCENT_STEPS) : generations / config.curveEvery;
      expect(curves).toBeLessThanOrEqual(MOST_CURVES);
    }
});
