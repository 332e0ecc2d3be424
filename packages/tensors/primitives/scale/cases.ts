import { type Case, x, zeros } from '../case.ts';
import { sum } from '../sum/sum.ts';
import { scale, scaleBy } from './scale.ts';

export const cases: Case[] = [
  { name: 'scale', inputs: [x(3, 5)], build: ([a]) => [scale(a!, -1.5)], derivatives: 2 },
  { name: 'scaleBy', inputs: [x(11), x()], build: ([a, s]) => [scaleBy(a!, s!)], derivatives: 2 },
  { name: 'scaleBy zero', inputs: [x(11), zeros()], build: ([a, s]) => [scaleBy(a!, s!)], derivatives: 2 },
  { name: 'scaleBy the own sum', inputs: [x(2, 3)], build: ([a]) => [scaleBy(a!, sum(a!))], derivatives: 2 },
];
