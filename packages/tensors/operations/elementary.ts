import type { Tensor } from '../plan/types.ts';
import { add } from '../primitives/add/add.ts';
import { sumOver } from '../primitives/arrange/shapes.ts';
import { sqrt } from '../primitives/functions/functions.ts';
import { maximum } from '../primitives/maximum/maximum.ts';
import { mul } from '../primitives/mul/mul.ts';
import { relu } from '../primitives/relu/relu.ts';
import { scale } from '../primitives/scale/scale.ts';
import { fill } from '../primitives/sum/sum.ts';

export const square = (x: Tensor): Tensor => mul(x, x);

/** The size of each element; its derivative at 0 is 0. */
export const abs = (x: Tensor): Tensor => add(relu(x), relu(scale(x, -1)));

/** The smaller of both elements, equal shapes. Where they are equal, all of the gradient goes to b. */
export const minimum = (a: Tensor, b: Tensor): Tensor => scale(maximum(scale(a, -1), scale(b, -1)), -1);

/** x between both bounds; no gradient passes where it is cut. */
export const clip = (x: Tensor, low: number, high: number): Tensor =>
  minimum(maximum(x, fill(x.trace, low, x.shape)), fill(x.trace, high, x.shape));

/** Euclidean norm along the axes, which then are gone; its derivative at 0 is not finite. */
export const normOver = (x: Tensor, ...along: number[]): Tensor => sqrt(sumOver(square(x), ...along));
