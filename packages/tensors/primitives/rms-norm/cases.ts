import { type Case, large, x, zeros } from '../case.ts';
import { rmsNorm } from './rms-norm.ts';

const build: Case['build'] = ([a, gain]) => [rmsNorm(a!, gain!)];

export const cases: Case[] = [
  { name: 'rmsNorm', inputs: [x(3, 8), x(8)], build, derivatives: 2 },
  { name: 'rmsNorm of odd widths', inputs: [x(5, 13), x(13)], build, derivatives: 2 },
  { name: 'rmsNorm of large values', inputs: [large(2, 7), x(7)], build, derivatives: 2 },
  {
    name: 'rmsNorm of zeros',
    inputs: [zeros(2, 5), x(5)],
    build: ([a, gain]) => [rmsNorm(a!, gain!, 1)],
    derivatives: 2,
  },
];
