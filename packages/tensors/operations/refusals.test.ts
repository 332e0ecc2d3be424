import { expect, test } from 'vitest';
import { trace } from '../plan/trace.ts';
import type { Shape, Tensor } from '../plan/types.ts';
import { div } from '../primitives/arithmetic/arithmetic.ts';
import { arrange } from '../primitives/arrange/arrange.ts';
import { broadcast, concat, pad, slice, sumOver, transpose } from '../primitives/arrange/shapes.ts';
import { largest } from '../primitives/largest/largest.ts';
import { matmul } from '../primitives/matmul/matmul.ts';
import { reshape } from '../primitives/reshape/reshape.ts';
import { dense } from './layers.ts';
import { logSumExp } from './softmax.ts';

/** The error of building an operation on inputs of these shapes. */
const refusal = (shapes: Shape[], build: (inputs: Tensor[]) => Tensor): string => {
  try {
    trace((t) => t.output('y', build(shapes.map((shape, i) => t.input(`x${i}`, shape)))));
    return 'nothing';
  } catch (error) {
    return (error as Error).message;
  }
};

test.each<[string, Shape[], (inputs: Tensor[]) => Tensor]>([
  [
    'div: shapes [2,3] and [3,2] differ',
    [
      [2, 3],
      [3, 2],
    ],
    ([a, b]) => div(a!, b!),
  ],
  [
    'matmul: [2,3,4] and [3,4,5] do not fit',
    [
      [2, 3, 4],
      [3, 4, 5],
    ],
    ([a, b]) => matmul(a!, b!),
  ],
  [
    'matmul: input 1 has shape [4,5], wanted 3 axes',
    [
      [2, 3, 4],
      [4, 5],
    ],
    ([a, b]) => matmul(a!, b!),
  ],
  ['reshape: [2,3] does not hold [5]', [[2, 3]], ([a]) => reshape(a!, [5])],
  ['transpose: [0,0] is no order of the axes of [2,3]', [[2, 3]], ([a]) => transpose(a!, [0, 0])],
  ['arrange: elements 1 to 3 along axis 1 of [2,3]', [[2, 3]], ([a]) => slice(a!, [0, 1], [2, 3])],
  [
    'arrange: elements -1 to 1 along axis 0 of [2]',
    [[2]],
    ([a]) => arrange(a!, { whole: [2], view: [3], axes: [0], steps: [-1], starts: [1] }),
  ],
  ['arrange: elements 2 to 3 along axis 0 of [3]', [[2]], ([a]) => pad(a!, [2], [3])],
  ['broadcast: [2] does not stretch to [2,3]', [[2]], ([a]) => broadcast(a!, [2, 3])],
  ['broadcast: [2,3] does not stretch to [3]', [[2, 3]], ([a]) => broadcast(a!, [3])],
  ['sumOver: [2,3] has no axis 2', [[2, 3]], ([a]) => sumOver(a!, 2)],
  [
    'arrange: elements 0 to 4 along axis 0 of [2,5]',
    [
      [2, 3],
      [5, 2],
    ],
    (parts) => concat(parts, 1),
  ],
  ['largest: a scalar has no last axis', [[]], ([a]) => largest(a!)],
  ['broadcast: [1,4] does not stretch to [2,5]', [[2, 3], [3, 5], [4]], ([a, w, b]) => dense(a!, w!, b!)],
])('%s', (words, shapes, build) => {
  expect(refusal(shapes, build)).toBe(words);
});

test('a logarithm of sums does not overflow, and its gradient is the softmax', async () => {
  const { openExecutor } = await import('../executors/open.ts');
  const executor = await openExecutor('wasm');
  const plan = trace((t) => {
    const x = t.input('x', [1, 2]);
    const y = logSumExp(x);
    t.output('y', y);
    t.output('dx', t.gradients(reshape(y, []), [x])[0]!);
  });
  const { y, dx } = await executor.compile(plan).run({ x: Float32Array.of(1000, 1000) });
  executor.dispose();
  expect([y![0], ...dx!]).toEqual([expect.closeTo(1000 + Math.LN2, 3), expect.closeTo(0.5, 5), expect.closeTo(0.5, 5)]);
});
