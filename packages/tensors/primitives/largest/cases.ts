import { type Case, large, x, zeros } from '../case.ts';
import { largest } from './largest.ts';

const build: Case['build'] = ([a]) => [largest(a!)];

export const cases: Case[] = [
  { name: 'largest of rows', inputs: [x(3, 5)], build, derivatives: 0 },
  { name: 'largest of 131', inputs: [x(131)], build, derivatives: 0 },
  { name: 'largest of zeros', inputs: [zeros(2, 3, 1)], build, derivatives: 0 },
  { name: 'largest of large values', inputs: [large(1, 16)], build, derivatives: 0 },
];
