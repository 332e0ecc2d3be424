import { openExact } from '@pathfold/works/exact/program';
import { expect, test } from 'vitest';
import { firstPhi, firstTheta, PHI, POINTS, scorePlan, stepPlan, TASKS, THETA, warpPlan } from './learner.ts';

const numbers = (length: number, size: number) =>
  Float32Array.from({ length }, (_, i) => size * (((i * 7919) % 101) / 50 - 1));
let drawn = 0;
const next = () => ((drawn++ * 7919) % 101) / 50 - 1;
const start = firstTheta(next);
const theta = Float32Array.from({ length: TASKS * THETA }, (_, i) => start[i % THETA]!);
const points = {
  'task x': numbers(TASKS * POINTS, 3),
  'task y': numbers(TASKS * POINTS, 1).reverse(),
  'query x': numbers(TASKS * POINTS, 2),
  'query y': numbers(TASKS * POINTS, 1),
};
const RATE = 0.02;
const form = { adapted: THETA, warps: true };

/** The loss on the query after one step, by the plans that adapt and score. */
async function lookAhead(exact: Awaited<ReturnType<typeof openExact>>, phi: Float32Array): Promise<number> {
  const step = exact.program('step', () => stepPlan(form));
  step.write('theta', theta);
  step.write('path', new Float32Array(theta.length));
  step.write('phi', phi);
  await step.run({ 'task x': points['task x'], 'task y': points['task y'], rate: Float32Array.of(RATE) });
  const score = exact.program('score', () => scorePlan(form, POINTS));
  const query = { 'query x': points['query x'], 'query y': points['query y'] };
  const { errors } = await score.run({ ...query, theta: await step.read('theta'), phi });
  return errors!.reduce((total, error) => total + error, 0) / TASKS;
}

test('the exact meta-gradient is that of finite differences; the approximate one is another', async () => {
  const exact = await openExact();
  const phi = firstPhi();
  const run = async (isExact: boolean) =>
    (await exact.program(`warp ${isExact}`, () => warpPlan(RATE, isExact)).run({ ...points, theta, phi })).gradient!;
  const [whole, part] = [await run(true), await run(false)];
  const squares = whole.reduce((total, value) => total + value * value, 0);
  const h = 2e-3 / Math.sqrt(squares);
  const moved = (sign: number) => phi.map((value, i) => value + sign * h * whole[i]!);
  const slope = ((await lookAhead(exact, moved(1))) - (await lookAhead(exact, moved(-1)))) / (2 * h);
  exact.dispose();
  expect(Math.abs(slope / squares - 1)).toBeLessThan(0.01);
  const along = part.reduce((total, value, i) => total + value * whole[i]!, 0);
  expect(Math.abs(along / squares - 1)).toBeGreaterThan(0.03);
});

test('warp layers begin as layers that change nothing', async () => {
  const exact = await openExact();
  const query = { 'query x': points['query x'], 'query y': points['query y'] };
  const plain = exact.program('plain', () => scorePlan({ adapted: THETA, warps: false }, POINTS));
  const warped = exact.program('warped', () => scorePlan(form, POINTS));
  const { errors } = await warped.run({ ...query, theta, phi: firstPhi() });
  expect(errors).toEqual((await plain.run({ ...query, theta })).errors);
  expect(firstPhi()).toHaveLength(PHI);
  exact.dispose();
});
