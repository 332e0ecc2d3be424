import { slice } from '../arrange/shapes.ts';
import { sigmoid } from '../functions/functions.ts';
import { mul } from '../mul/mul.ts';
import type { Composition } from '../recompose.ts';

/** swiglu, written in other primitives. */
export const swigluComposition: Composition = ([gateUp]) => {
  const [rows, width] = gateUp!.shape as [number, number];
  const half = [rows, width / 2];
  const gate = slice(gateUp!, [0, 0], half);
  return mul(mul(gate, sigmoid(gate)), slice(gateUp!, [0, width / 2], half));
};
