import { type Case, large, x, zeros } from '../case.ts';
import { matmul } from './matmul.ts';

const sizes: [number, number, number][] = [
  [1, 1, 1],
  [3, 5, 7],
  [13, 17, 11],
  [16, 8, 32],
];

export const cases: Case[] = [false, true].flatMap((transposeA) =>
  [false, true].flatMap((transposeB) => {
    const build: Case['build'] = ([a, b]) => [matmul(a!, b!, { transposeA, transposeB })];
    const letters = `${transposeA ? 'T' : 'N'}${transposeB ? 'T' : 'N'}`;
    return [
      ...sizes.map(
        ([m, k, n]): Case => ({
          name: `matmul ${letters} ${m}x${k}x${n}`,
          inputs: [transposeA ? x(k, m) : x(m, k), transposeB ? x(n, k) : x(k, n)],
          build,
          derivatives: 2,
        }),
      ),
      {
        name: `matmul ${letters} of 3 items`,
        inputs: [transposeA ? x(3, 5, 2) : x(3, 2, 5), transposeB ? x(3, 9, 5) : x(3, 5, 9)],
        build,
        derivatives: 2,
      },
      {
        name: `matmul ${letters} of zeros and large values`,
        inputs: [zeros(5, 5), large(5, 5)],
        build,
        derivatives: 2,
      },
    ];
  }),
);
