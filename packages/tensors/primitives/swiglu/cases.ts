import { type Case, large, x, zeros } from '../case.ts';
import { swiglu } from './swiglu.ts';

const build: Case['build'] = ([gateUp]) => [swiglu(gateUp!)];

export const cases: Case[] = [
  { name: 'swiglu', inputs: [x(3, 16)], build, derivatives: 2 },
  { name: 'swiglu of odd widths', inputs: [x(5, 14)], build, derivatives: 2 },
  { name: 'swiglu of zeros', inputs: [zeros(1, 2)], build, derivatives: 2 },
  { name: 'swiglu of large values', inputs: [large(2, 10)], build, derivatives: 2 },
];
