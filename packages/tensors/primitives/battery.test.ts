import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Executor, ExecutorName } from '../executors/executor.ts';
import { openExecutor } from '../executors/open.ts';
import { type Plan, sizeOf } from '../plan/types.ts';
import { distance, floatsOf, noise, planOf, valuesFor } from './battery.ts';
import type { Case } from './case.ts';
import { primitives } from './list.ts';
import { nodeCases } from './node-cases.ts';

/** The reference, and the executors that are held to it. */
const REFERENCE: ExecutorName = 'tfjs-cpu';
const TESTED: ExecutorName[] = ['tfjs-wasm', 'wasm'];
const TOLERANCE = 1e-5;

const cases = await nodeCases();
const executors = new Map<ExecutorName, Executor>();
const run = async (name: ExecutorName, plan: Plan, values: Record<string, Float32Array | Int32Array>) => {
  const program = executors.get(name)!.compile(plan);
  const outputs = await program.run(values);
  program.dispose();
  return outputs;
};

/** Along one random direction: the derivative of order `order` against the difference of order - 1. */
const differenceError = async (name: ExecutorName, c: Case, order: number): Promise<number> => {
  const [lower, upper] = [planOf(c, order - 1), planOf(c, order)];
  const values = valuesFor(upper, c);
  const analytic = await run(name, upper, values);
  let [expected, size] = [0, 0];
  const directions = floatsOf(c).map((i) => Float32Array.from(noise(sizeOf(c.inputs[i]!.shape), 1000 + i)));
  directions.forEach((direction, i) => {
    analytic[`y${i}`]!.forEach((g, k) => {
      expected += g * direction[k]!;
      size += Math.abs(g * direction[k]!);
    });
  });
  const moved = async (h: number): Promise<number> => {
    const there = { ...values };
    floatsOf(c).forEach((i, at) => {
      there[`x${i}`] = (values[`x${i}`] as Float32Array).map((v, k) => v + h * directions[at]![k]!);
    });
    const outputs = await run(name, lower, there);
    return Object.values(outputs).reduce(
      (total, y, i) => total + y.reduce((sum, v, k) => sum + v * values[`w${order}.${i}`]![k]!, 0),
      0,
    );
  };
  // Richardson's extrapolation of two central differences.
  const central = async (h: number) => ((await moved(h)) - (await moved(-h))) / (2 * h);
  const [wide, narrow] = [await central(0.04), await central(0.02)];
  return Math.abs((4 * narrow - wide) / 3 - expected) / Math.max(size, 1e-2);
};

beforeAll(async () => {
  for (const name of [REFERENCE, ...TESTED]) executors.set(name, await openExecutor(name));
});
afterAll(() => {
  for (const executor of executors.values()) executor.dispose();
});

test('every primitive has a case, and every case a name of its own', () => {
  expect(new Set(cases.map((c) => c.name)).size).toBe(cases.length);
  const orders = cases.flatMap((c) =>
    [0, 1, 2].filter((order) => order <= c.derivatives).map((order) => planOf(c, order)),
  );
  const used = new Set(orders.flatMap((plan) => plan.calls.map((call) => call.primitive)));
  expect([...primitives.keys()].filter((name) => !used.has(name))).toEqual([]);
});

describe.each(TESTED)('%s computes what the reference does, derivatives included:', (name) => {
  test.each(cases)('$name', async (c) => {
    for (let order = 0; order <= c.derivatives; order++) {
      const plan = planOf(c, order);
      const values = valuesFor(plan, c);
      expect(distance(await run(name, plan, values), await run(REFERENCE, plan, values))).toBeLessThan(TOLERANCE);
    }
  });
});

describe('derivatives agree with finite differences:', () => {
  test.each(cases.filter((c) => c.derivatives > 0))('$name', async (c) => {
    for (let order = 1; order <= c.derivatives; order++)
      expect(await differenceError(REFERENCE, c, order)).toBeLessThan(2e-3);
  });
});
