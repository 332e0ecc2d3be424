import { type Case, large, x, zeros } from '../case.ts';
import { mul } from '../mul/mul.ts';
import { relu, step } from './relu.ts';

const build: Case['build'] = ([a]) => [relu(a!)];

export const cases: Case[] = [
  { name: 'relu', inputs: [x(3, 5)], build, derivatives: 2 },
  { name: 'relu of 16', inputs: [x(16)], build, derivatives: 2 },
  { name: 'relu of zeros', inputs: [zeros(1, 7)], build, derivatives: 0 },
  { name: 'relu of large values', inputs: [large(7)], build, derivatives: 2 },
  { name: 'step', inputs: [x(2, 5)], build: ([a]) => [mul(a!, step(a!))], derivatives: 2 },
  { name: 'step of zeros', inputs: [zeros(3)], build: ([a]) => [step(a!)], derivatives: 0 },
];
