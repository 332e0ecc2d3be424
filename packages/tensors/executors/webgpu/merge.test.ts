import { expect, test } from 'vitest';
import type { Kernel, Place } from './form.ts';
import { merge } from './merge.ts';
import { shaderOf } from './shader.ts';

const LIMITS = { maxStorageBuffersPerShaderStage: 8, maxComputeWorkgroupStorageSize: 16_384 };
/** Eight floats of a buffer. */
const place = (buffer: number, at = 0): Place => ({ shape: [8], dtype: 'f32', buffer, at, size: 8 });
const kernel = (x: Place, y: Place, more: Partial<Kernel> = {}): Kernel => ({
  reads: { x },
  writes: { y },
  groups: 3,
  lanes: 64,
  body: 'set_y(lane, x(lane) * f32(numbers.times));',
  numbers: { times: 2 },
  ...more,
});
/** The dispatches, by the numbers of their kernels. */
const merged = (kernels: readonly Kernel[], limits = LIMITS) =>
  merge(kernels, limits).map((dispatch) => dispatch.map((each) => kernels.indexOf(each)));

test('kernels that do not touch what others write share a dispatch', () => {
  expect(merged([kernel(place(0), place(1)), kernel(place(0), place(2)), kernel(place(3), place(4))])).toEqual([
    [0, 1, 2],
  ]);
  expect(merged([kernel(place(0), place(1)), kernel(place(0), place(1, 8))])).toEqual([[0, 1]]);
});

test('a kernel follows what writes its operands, and what uses memory that it writes', () => {
  const first = kernel(place(0), place(1));
  expect(merged([first, kernel(place(1, 4), place(2))])).toEqual([[0], [1]]);
  expect(merged([first, kernel(place(3), place(1, 7))])).toEqual([[0], [1]]);
  expect(merged([first, kernel(place(3), place(0, 7))])).toEqual([[0], [1]]);
  // The third could run before the second, not before the first.
  const [second, third] = [kernel(place(1), place(2)), kernel(place(1), place(3))];
  expect(merged([first, second, third])).toEqual([[0], [1, 2]]);
});

test('kernels that write other elements of one operand share a dispatch when they say so', () => {
  const first = kernel(place(0), place(1));
  expect(merged([first, kernel(place(2), place(1))])).toEqual([[0], [1]]);
  expect(merged([first, kernel(place(2), place(1), { beside: first })])).toEqual([[0, 1]]);
});

test('what does not fit one shader does not share a dispatch', () => {
  const [one, other] = [kernel(place(0), place(1)), kernel(place(2), place(3))];
  expect(merged([one, { ...other, lanes: 32 }])).toEqual([[0], [1]]);
  expect(merged([one, other], { ...LIMITS, maxStorageBuffersPerShaderStage: 3 })).toEqual([[0], [1]]);
  const hungry = { declarations: 'var<workgroup> tile: array<f32, 2100>;' };
  expect(merged([kernel(place(0), place(1), hungry), kernel(place(2), place(3), hungry)])).toEqual([[0], [1]]);
});

test('the shader of a dispatch gives each kernel names, numbers and workgroups of its own', () => {
  const declarations = 'var<workgroup> kept: array<f32, 64>;\nfn twice(v: f32) -> f32 { return 2.0 * v; }';
  const body = 'kept[lane] = x(lane);\n  set_y(lane, twice(kept[lane]) * f32(numbers.times));';
  const one = kernel(place(0, 16), place(1), { declarations, body });
  const { code, bindings, numbers, grid } = shaderOf([one, { ...one, writes: { y: place(0, 32) } }], 65_535);
  expect(bindings).toEqual([
    { buffer: 0, written: true },
    { buffer: 1, written: true },
  ]);
  expect(numbers).toEqual([16, 0, 16, 32, 2, 2, 3, 6]);
  expect(grid).toEqual([6, 1]);
  expect(code).toContain('kept_1[lane] = x_1(lane);\n  set_y_1(lane, twice_1(kept_1[lane]) * f32(numbers.times_1));');
  expect(code).toContain('fn kernel_0(group: u32, lane: u32) {kept[lane] = x(lane);');
  expect(code).toContain('else if (group < numbers.end_1) { kernel_1(group - numbers.end_0, lane); }');
});
