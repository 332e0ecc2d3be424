import { type Case, indices, large, x, zeros } from '../case.ts';
import { crossEntropy } from './cross-entropy.ts';

const build: Case['build'] = ([logits, targets]) => [crossEntropy(logits!, targets!)];

export const cases: Case[] = [
  { name: 'crossEntropy', inputs: [x(5, 8), indices(8, 5)], build, derivatives: 2 },
  { name: 'crossEntropy over 13 words', inputs: [x(7, 13), indices(13, 7)], build, derivatives: 2 },
  { name: 'crossEntropy of two words', inputs: [x(3, 2), indices(2, 3)], build, derivatives: 2 },
  { name: 'crossEntropy of zeros', inputs: [zeros(2, 5), indices(5, 2)], build, derivatives: 2 },
  { name: 'crossEntropy of large values', inputs: [large(4, 9), indices(9, 4)], build, derivatives: 2 },
];
