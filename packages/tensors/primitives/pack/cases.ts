import { type Case, x } from '../case.ts';
import { mul } from '../mul/mul.ts';
import { pack, unpack } from './pack.ts';

export const cases: Case[] = [
  {
    name: 'unpack, one part unused',
    inputs: [x(12)],
    build([flat]) {
      const [a, , b] = unpack(flat!, [[2, 3], [1], [5]]);
      return [mul(a!, a!), b!];
    },
    derivatives: 2,
  },
  { name: 'pack', inputs: [x(2, 3), x(1), x(5)], build: (parts) => [pack(parts)], derivatives: 2 },
];
