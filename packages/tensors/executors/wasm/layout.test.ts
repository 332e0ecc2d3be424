import { expect, test } from 'vitest';
import { gradients } from '../../plan/differentiate.ts';
import { liveness } from '../../plan/liveness.ts';
import { trace } from '../../plan/trace.ts';
import { sizeOf } from '../../plan/types.ts';
import { adamw } from '../../primitives/adamw/adamw.ts';
import { add } from '../../primitives/add/add.ts';
import { matmul } from '../../primitives/matmul/matmul.ts';
import { unpack } from '../../primitives/pack/pack.ts';
import { rmsNorm } from '../../primitives/rms-norm/rms-norm.ts';
import { sum } from '../../primitives/sum/sum.ts';
import { swiglu } from '../../primitives/swiglu/swiglu.ts';
import { layOut } from './layout.ts';
import { planSums } from './sums.ts';

const [ROWS, D, BLOCKS] = [64, 16, 3];
const shapes = Array.from({ length: BLOCKS }, () => [[D], [D, 2 * D], [D, D]]).flat();
const N = shapes.reduce((total, shape) => total + sizeOf(shape), 0);

/** A residual net with a training step. */
const plan = trace((t) => {
  const [theta, m, v] = ['theta', 'm', 'v'].map((name) => t.state(name, [N]));
  const weights = unpack(theta!, shapes);
  let x = t.input('x', [ROWS, D]);
  for (let block = 0; block < BLOCKS; block++) {
    const [gain, gateUp, down] = weights.slice(3 * block);
    x = add(x, matmul(swiglu(matmul(rmsNorm(x, gain!), gateUp!)), down!));
  }
  const options = { beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0, clipNorm: 1 };
  const state = { theta: theta!, m: m!, v: v! };
  const next = adamw(state, gradients(t, sum(x), [theta!])[0]!, t.input('rates', [3]), options);
  t.update(theta!, next.theta);
  t.update(m!, next.m);
  t.update(v!, next.v);
  t.output('x', x);
});
const layout = layOut(plan, planSums(plan, []));
const rangeOf = (value: number) => {
  const from = layout.at.get(value)!;
  return { from, to: from + 4 * sizeOf(plan.values[value]!.shape) };
};
const overlap = (a: number, b: number): boolean => {
  const [one, other] = [rangeOf(a), rangeOf(b)];
  return one.from < other.to && other.from < one.to;
};

test('no call writes over a value that is read later', () => {
  const { dies } = liveness(plan);
  const alive = new Set([...plan.inputs, ...plan.state].map((port) => port.value));
  const views = new Set(plan.calls.filter((call) => call.primitive === 'unpack').flatMap((call) => call.outputs));
  plan.calls.forEach((call, index) => {
    const after = [...alive].filter((value) => !dies[index]!.includes(value));
    if (call.primitive !== 'unpack')
      for (const output of call.outputs)
        for (const value of after)
          expect([index, output, value, overlap(output, value)]).toEqual([index, output, value, false]);
    for (const output of call.outputs) alive.add(output);
    for (const value of dies[index]!) alive.delete(value);
  });
  expect(views.size).toBe(shapes.length);
});

test('parameters are views of the state, and the state is stepped in place', () => {
  for (const { value, next } of plan.state) expect(layout.at.get(next)).toBe(layout.at.get(value));
  const first = plan.calls.find((call) => call.primitive === 'unpack')!.outputs[0]!;
  expect(layout.at.get(first)).toBe(layout.at.get(plan.state[0]!.value));
});

test('memory is used again: far less than all values together, near the least that could do', () => {
  const all = plan.values.reduce((total, { shape }) => total + 4 * sizeOf(shape), 0);
  expect(layout.scratch).toBeLessThan(0.7 * all);
  expect(layout.scratch).toBeLessThan(1.3 * liveness(plan).peakBytes);
});
