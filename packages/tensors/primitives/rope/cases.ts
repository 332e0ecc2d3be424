import { type Case, x } from '../case.ts';
import { rope } from './rope.ts';

export const cases: Case[] = [
  {
    name: 'rope, some columns passing',
    inputs: [x(6, 12)],
    build: ([a]) => [rope(a!, { context: 3, headWidth: 4, heads: 2, base: 10_000 })],
    derivatives: 2,
  },
  {
    name: 'rope of a head of two columns',
    inputs: [x(7, 2)],
    build: ([a]) => [rope(a!, { context: 7, headWidth: 2, heads: 1, base: 100 })],
    derivatives: 2,
  },
];
