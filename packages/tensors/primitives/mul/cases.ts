import { type Case, x, zeros } from '../case.ts';
import { mul } from './mul.ts';

export const cases: Case[] = [
  { name: 'mul', inputs: [x(3, 5), x(3, 5)], build: ([a, b]) => [mul(a!, b!)], derivatives: 2 },
  { name: 'cube', inputs: [x(7)], build: ([a]) => [mul(a!, mul(a!, a!))], derivatives: 2 },
  { name: 'mul by zeros', inputs: [x(1, 7), zeros(1, 7)], build: ([a, b]) => [mul(a!, b!)], derivatives: 2 },
];
