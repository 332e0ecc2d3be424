import { type Case, x } from '../case.ts';
import { mul } from '../mul/mul.ts';
import { reshape, stop } from './reshape.ts';

export const cases: Case[] = [
  {
    name: 'reshape of a square',
    inputs: [x(3, 4)],
    build: ([a]) => [reshape(mul(a!, a!), [2, 1, 6])],
    derivatives: 2,
  },
  { name: 'reshape to a scalar', inputs: [x(1, 1)], build: ([a]) => [reshape(a!, [])], derivatives: 2 },
  { name: 'stop', inputs: [x(2, 5)], build: ([a]) => [stop(mul(a!, a!))], derivatives: 0 },
];
