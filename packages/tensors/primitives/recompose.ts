import type { Primitive, TracedCall } from '../plan/primitive.ts';
import type { Attributes, Tensor } from '../plan/types.ts';
import { add } from './add/add.ts';
import { mul } from './mul/mul.ts';
import { reshape } from './reshape/reshape.ts';
import { sum } from './sum/sum.ts';

/** A primitive's first output as a function of its inputs, written in other primitives. */
export type Composition<A extends Attributes = Attributes> = (inputs: readonly Tensor[], attributes: A) => Tensor;

/** Sum of the products of equal shapes. */
const inner = (a: Tensor, b: Tensor): Tensor => sum(mul(a, b));

/**
 * The derivative of a primitive that computes gradients in one sweep: (inputs, dy) -> gradients of the first `count`
 * inputs of `compose`. `dy` is its last input; inputs after those `count` have no gradient.
 */
export const derivativeOfGradient =
  <A extends Attributes>(compose: Composition<A>, count = 1): NonNullable<Primitive<A>['derivative']> =>
  ({ inputs, attributes }: TracedCall<A>, outer) => {
    const t = inputs[0]!.trace;
    // Values of its own: what the inputs have been computed from is not in question here.
    const fresh = inputs.map((x) => (x.dtype === 'f32' ? reshape(x, x.shape) : x));
    const wrt = fresh.slice(0, count);
    const dy = fresh.at(-1)!;
    const found = t.gradients(inner(compose(fresh.slice(0, -1), attributes), dy), wrt);
    const total = found.flatMap((gradient, i) => (outer[i] ? [inner(gradient, outer[i])] : [])).reduce(add);
    const second = t.gradients(total, [...wrt, dy]);
    return [...second.slice(0, count), ...inputs.slice(count, -1).map(() => null), second[count]!];
  };
