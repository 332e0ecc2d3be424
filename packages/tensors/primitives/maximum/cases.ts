import { type Case, large, x, zeros } from '../case.ts';
import { mul } from '../mul/mul.ts';
import { maximum } from './maximum.ts';

const build: Case['build'] = ([a, b]) => [maximum(mul(a!, a!), b!)];

export const cases: Case[] = [
  { name: 'maximum', inputs: [x(3, 5), x(3, 5)], build, derivatives: 2 },
  { name: 'maximum of zeros', inputs: [zeros(1), zeros(1)], build, derivatives: 0 },
  { name: 'maximum of large values', inputs: [large(2, 7), large(2, 7)], build, derivatives: 0 },
];
