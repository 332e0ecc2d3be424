import { type Case, indices, x } from '../case.ts';
import { mul } from '../mul/mul.ts';
import { embedding } from './embedding.ts';

export const cases: Case[] = [
  {
    name: 'embedding with repeated rows',
    inputs: [x(5, 3), indices(5, 13)],
    build: ([table, ids]) => [embedding(table!, ids!)],
    derivatives: 2,
  },
  {
    name: 'square of an embedding',
    inputs: [x(7, 1), indices(7, 4)],
    build([table, ids]) {
      const rows = embedding(table!, ids!);
      return [mul(rows, rows)];
    },
    derivatives: 2,
  },
];
