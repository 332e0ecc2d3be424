import { operand, type Primitive, sameShape } from '../../plan/primitive.ts';
import { f32, type Tensor } from '../../plan/types.ts';
import type { Arrangement } from './attributes.ts';
import { accumulateTfjs, arrangeTfjs } from './tfjs.ts';
import { accumulateWasm, arrangeWasm } from './wasm.ts';
import { accumulateWgsl, arrangeWgsl } from './wgsl.ts';

/** The elements of `whole` in the order of the view; `shapes.ts` has the uses by name. */
export const arrange = (whole: Tensor, arrangement: Arrangement): Tensor =>
  whole.trace.emit('arrange', [whole], arrangement)[0]!;

/** Each element of the view added to its element of a whole of zeros. */
export const accumulate = (view: Tensor, arrangement: Arrangement): Tensor =>
  view.trace.emit('accumulate', [view], arrangement)[0]!;

/** Throws where the view reaches beyond the whole. */
const check = ({ whole, view, axes, steps, starts }: Arrangement): void => {
  whole.forEach((side, axis) => {
    let [first, last] = [starts[axis]!, starts[axis]!];
    view.forEach((count, k) => {
      if (axes[k] !== axis) return;
      const way = steps[k]! * (count - 1);
      if (way > 0) last += way;
      else first += way;
    });
    if (first < 0 || last >= side)
      throw new Error(`arrange: elements ${first} to ${last} along axis ${axis} of [${whole}]`);
  });
};

export const arrangePrimitive: Primitive<Arrangement> = {
  name: 'arrange',
  infer(inputs, arrangement) {
    sameShape('arrange', operand('arrange', inputs, 0).shape, arrangement.whole);
    check(arrangement);
    return [f32(...arrangement.view)];
  },
  derivative: ({ attributes }, [dy]) => [accumulate(dy!, attributes)],
  tfjs: arrangeTfjs,
  wgsl: arrangeWgsl,
  wasm: arrangeWasm,
};

export const accumulatePrimitive: Primitive<Arrangement> = {
  name: 'accumulate',
  infer(inputs, arrangement) {
    sameShape('accumulate', operand('accumulate', inputs, 0).shape, arrangement.view);
    check(arrangement);
    return [f32(...arrangement.whole)];
  },
  derivative: ({ attributes }, [dy]) => [arrange(dy!, attributes)],
  tfjs: accumulateTfjs,
  wgsl: accumulateWgsl,
  wasm: accumulateWasm,
};
