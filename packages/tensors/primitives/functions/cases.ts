import type { Tensor } from '../../plan/types.ts';
import { shift } from '../arithmetic/arithmetic.ts';
import { type Case, large, x, zeros } from '../case.ts';
import { mul } from '../mul/mul.ts';
import { exp, ln, sigmoid, softplus, sqrt, tanh } from './functions.ts';

/** 1 + x x: where logarithms and roots are smooth. */
const positive = (a: Tensor): Tensor => shift(mul(a, a), 1);

const functions: Record<string, (a: Tensor) => Tensor> = {
  exp,
  ln: (a) => ln(positive(a)),
  sqrt: (a) => sqrt(positive(a)),
  tanh,
  sigmoid,
  softplus,
};

export const cases: Case[] = Object.entries(functions).flatMap(([name, of]): Case[] => {
  const build: Case['build'] = ([a]) => [of(a!)];
  return [
    { name, inputs: [x(3, 5)], build, derivatives: 2 },
    { name: `${name} of 16`, inputs: [x(16)], build, derivatives: 2 },
    { name: `${name} of zero`, inputs: [zeros(1)], build, derivatives: 2 },
    { name: `${name} of large values`, inputs: [large(2, 7)], build, derivatives: 0 },
  ];
});
