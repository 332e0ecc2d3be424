import { add } from '../add/add.ts';
import { type Case, x, zeros } from '../case.ts';
import { mul } from '../mul/mul.ts';
import { expand, fill, sum } from './sum.ts';

export const cases: Case[] = [
  { name: 'sum', inputs: [x(3, 5)], build: ([a]) => [sum(a!)], derivatives: 2 },
  { name: 'sum of squares', inputs: [x(2, 7)], build: ([a]) => [sum(mul(a!, a!))], derivatives: 2 },
  { name: 'sum of one zero', inputs: [zeros(1)], build: ([a]) => [sum(a!)], derivatives: 2 },
  { name: 'expand', inputs: [x()], build: ([s]) => [expand(s!, [5, 3])], derivatives: 2 },
  { name: 'fill', inputs: [x(2, 3)], build: ([a]) => [add(a!, fill(a!.trace, 0.25, [2, 3]))], derivatives: 2 },
];
