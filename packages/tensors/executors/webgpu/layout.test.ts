import { expect, test } from 'vitest';
import { gradients } from '../../plan/differentiate.ts';
import { liveness } from '../../plan/liveness.ts';
import { trace } from '../../plan/trace.ts';
import { sizeOf } from '../../plan/types.ts';
import { adamw } from '../../primitives/adamw/adamw.ts';
import { add } from '../../primitives/add/add.ts';
import { primitives } from '../../primitives/list.ts';
import { matmul } from '../../primitives/matmul/matmul.ts';
import { unpack } from '../../primitives/pack/pack.ts';
import { rmsNorm } from '../../primitives/rms-norm/rms-norm.ts';
import { sum } from '../../primitives/sum/sum.ts';
import { swiglu } from '../../primitives/swiglu/swiglu.ts';
import { DeviceError } from '../executor.ts';
import { fuse } from './fuse.ts';
import { layOut } from './layout.ts';
import { checkLimits } from './limits.ts';
import { shaderOf } from './shader.ts';

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
const fused = fuse(plan);
const layout = layOut(fused);

test('a constant is made before all else: what reads it waits for nothing but its other operands', () => {
  const names = fused.calls.map(({ primitive }) => primitive);
  expect([names.indexOf('fill'), names.lastIndexOf('fill')]).toEqual([0, names.filter((n) => n === 'fill').length - 1]);
});

test('no call writes over a value that is read later', () => {
  const { dies } = liveness(fused);
  const range = (value: number) => {
    const { buffer, at } = layout.at.get(value)!;
    return { buffer, from: at, to: at + sizeOf(plan.values[value]!.shape) };
  };
  const overlap = (a: number, b: number): boolean => {
    const [one, other] = [range(a), range(b)];
    return one.buffer === other.buffer && one.from < other.to && other.from < one.to;
  };
  const alive = new Set([...plan.inputs, ...plan.state].map((port) => port.value));
  const views = (name: string) => primitives.get(name)!.wgsl.views || primitives.get(name)!.wgsl.joins;
  fused.calls.forEach((call, index) => {
    const after = [...alive].filter((value) => !dies[index]!.includes(value));
    const spoiled = call.outputs.flatMap((output) => after.filter((value) => overlap(output, value)));
    if (!views(call.primitive)) expect([call.primitive, index, spoiled]).toEqual([call.primitive, index, []]);
    for (const output of call.outputs) alive.add(output);
    for (const value of dies[index]!) alive.delete(value);
  });
});

test('residual additions need no call of their own, and gradients are made where they are packed', () => {
  expect(fused.calls.filter((call) => call.primitive === 'add')).toEqual([]);
  const pack = fused.calls.find((call) => call.primitive === 'pack')!;
  const whole = layout.at.get(pack.outputs[0]!)!;
  let end = whole.at;
  for (const part of pack.inputs) {
    expect(layout.at.get(part)).toEqual({ buffer: whole.buffer, at: end });
    end += sizeOf(plan.values[part]!.shape);
  }
});

test('the state is stepped in place, and memory is used again', () => {
  for (const { value, next } of plan.state) expect(layout.at.get(next)).toEqual(layout.at.get(value));
  const elements = layout.buffers.reduce((total, size) => total + size, 0);
  expect(4 * elements).toBeLessThan(1.3 * liveness(fused).peakBytes);
});

test('a plan that does not fit is refused with what does not', () => {
  const refused = () =>
    checkLimits(fused, layout, { maxBufferSize: 2 ** 30, maxStorageBufferBindingSize: 4 * ROWS * D });
  expect(refused).toThrow(DeviceError);
  expect(refused).toThrow(`out_of_memory: theta [${N}] takes 1 MB`);
});

test('more workgroups than one side of a grid takes make a grid of two sides', () => {
  const place = { shape: [9], dtype: 'f32', buffer: 0, at: 0, size: 9 } as const;
  const kernel = { reads: {}, writes: { y: place }, lanes: 1, body: '' };
  expect(shaderOf([{ ...kernel, groups: 7 }], 10).grid).toEqual([7, 1]);
  const { grid, code } = shaderOf([{ ...kernel, groups: 25 }], 10);
  expect(grid).toEqual([10, 3]);
  expect(code).toContain('let group = place.y * 10u + place.x;');
});
