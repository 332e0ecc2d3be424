import type { Tensor } from '../../plan/types.ts';
import { type Case, large, x, zeros } from '../case.ts';
import { mul } from '../mul/mul.ts';
import { arrange } from './arrange.ts';
import { broadcast, concat, meanOver, pad, slice, sumOver, transpose } from './shapes.ts';

/** Squared, so that the second derivative is not zero. */
const one = (name: string, shape: number[], of: (a: Tensor) => Tensor): Case => ({
  name,
  inputs: [x(...shape)],
  build: ([a]) => [of(mul(a!, a!))],
  derivatives: 2,
});

/** Windows of 2 x 3 with overlap: elements are in several views, and some in none. */
const windows = (a: Tensor): Tensor =>
  arrange(a, {
    whole: [2, 5, 7],
    view: [2, 2, 2, 2, 3],
    axes: [0, 1, 2, 1, 2],
    steps: [1, 2, 3, 1, 1],
    starts: [0, 1, 0],
  });

export const cases: Case[] = [
  one('transpose', [3, 5], (a) => transpose(a, [1, 0])),
  one('transpose of four axes', [2, 3, 1, 5], (a) => transpose(a, [3, 0, 2, 1])),
  one('transpose of inner axes', [2, 4, 8, 3], (a) => transpose(a, [0, 2, 1, 3])),
  one('slice', [5, 7], (a) => slice(a, [1, 2], [3, 4])),
  one('slice of whole rows', [5, 7], (a) => slice(a, [1, 0], [3, 7])),
  one('pad', [2, 3], (a) => pad(a, [1, 2], [4, 6])),
  one('windows', [2, 5, 7], windows),
  one('a band of a vector, with a step backwards', [9], (a) =>
    arrange(a, { whole: [9], view: [5, 4], axes: [0, 0], steps: [1, -1], starts: [3] }),
  ),
  one('broadcast of rows', [1, 5], (a) => broadcast(a, [3, 5])),
  one('broadcast of columns', [3, 1], (a) => broadcast(a, [2, 3, 5])),
  one('broadcast of one', [], (a) => broadcast(a, [2, 3])),
  one('sumOver rows', [3, 5], (a) => sumOver(a, 0)),
  one('sumOver columns', [3, 5], (a) => sumOver(a, -1)),
  one('sumOver outer and inner', [3, 2, 7], (a) => sumOver(a, 0, 2)),
  one('sumOver 300 rows', [300, 3], (a) => sumOver(a, 0)),
  one('meanOver all', [2, 5], (a) => meanOver(a, 0, 1)),
  {
    name: 'concat of columns',
    inputs: [x(3, 2), zeros(3, 1), large(3, 5)],
    build: (parts) => [
      concat(
        parts.map((part) => mul(part, part)),
        1,
      ),
    ],
    derivatives: 2,
  },
];
