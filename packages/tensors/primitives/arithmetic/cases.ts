import { type Case, large, x, zeros } from '../case.ts';
import { mul } from '../mul/mul.ts';
import { div, shift, sub } from './arithmetic.ts';

/** a / (1 + b b): nowhere near a pole. */
const quotient: Case['build'] = ([a, b]) => [div(a!, shift(mul(b!, b!), 1))];

export const cases: Case[] = [
  { name: 'sub', inputs: [x(3, 5), x(3, 5)], build: ([a, b]) => [sub(a!, b!)], derivatives: 2 },
  { name: 'sub of itself', inputs: [x(1)], build: ([a]) => [sub(a!, a!)], derivatives: 2 },
  { name: 'shift', inputs: [x(2, 7)], build: ([a]) => [shift(a!, -0.3)], derivatives: 2 },
  { name: 'div', inputs: [x(3, 5), x(3, 5)], build: quotient, derivatives: 2 },
  { name: 'div of zeros', inputs: [zeros(1, 7), zeros(1, 7)], build: quotient, derivatives: 2 },
  { name: 'div of large values', inputs: [large(13), x(13)], build: quotient, derivatives: 2 },
];
