import { expect, test } from 'vitest';
import { mul } from '../primitives/mul/mul.ts';
import { scale } from '../primitives/scale/scale.ts';
import { expand, fill, sum } from '../primitives/sum/sum.ts';
import { trace } from './trace.ts';

test('constants that are scaled and expanded are constants; what nobody reads is left out', () => {
  const plan = trace((t) => {
    const x = t.input('x', [5]);
    sum(mul(x, x));
    t.output('y', mul(x, expand(scale(fill(t, 1, []), 0.1), [5])));
  });
  expect(plan.calls.map(({ primitive, attributes }) => [primitive, attributes])).toEqual([
    ['fill', { value: Math.fround(0.1), shape: [5] }],
    ['mul', {}],
  ]);
});
