import { type Case, large, x, zeros } from '../case.ts';
import { causalAttention } from './causal-attention.ts';

const attend =
  (context: number, heads: number): Case['build'] =>
  ([qkv]) => [causalAttention(qkv!, { context, heads })];

export const cases: Case[] = [
  { name: 'causalAttention', inputs: [x(10, 24)], build: attend(5, 2), derivatives: 2 },
  { name: 'causalAttention over one position', inputs: [x(3, 6)], build: attend(1, 1), derivatives: 2 },
  { name: 'causalAttention, odd sizes', inputs: [x(26, 27)], build: attend(13, 3), derivatives: 2 },
  { name: 'causalAttention over 40 positions', inputs: [x(40, 24)], build: attend(40, 1), derivatives: 2 },
  { name: 'causalAttention of zeros', inputs: [zeros(4, 12)], build: attend(4, 2), derivatives: 2 },
  { name: 'causalAttention of large values', inputs: [large(8, 12)], build: attend(8, 1), derivatives: 0 },
];
