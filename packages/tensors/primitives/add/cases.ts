import { type Case, x, zeros } from '../case.ts';
import { add } from './add.ts';

const build: Case['build'] = ([a, b]) => [add(a!, b!)];

export const cases: Case[] = [
  { name: 'add', inputs: [x(3, 5), x(3, 5)], build, derivatives: 2 },
  { name: 'add of one element to zero', inputs: [x(1), zeros(1)], build, derivatives: 2 },
];
