import { type Shape, sizeOf } from '../../plan/types.ts';

/**
 * Which element of `whole` each element of `view` is: the element i of the view lies at starts[d] + the sum of
 * steps[k] i[k] over the view's axes k with axes[k] = d, on each axis d of the whole. An axis k of the view with
 * axes[k] = -1 repeats what is there. Elements of the whole may be none, one or several of the view, and steps may be negative.
 */
export type Arrangement = {
  readonly whole: Shape;
  readonly view: Shape;
  readonly axes: readonly number[];
  readonly steps: readonly number[];
  readonly starts: readonly number[];
};

/** Distances between neighbours along each axis, in elements. */
export const stridesOf = (shape: Shape): number[] => shape.map((_, axis) => sizeOf(shape.slice(axis + 1)));

/** The view as nested loops, outermost first: neighbouring axes that one loop can run through are one. */
interface Loops {
  /** The first element of the whole. */
  readonly first: number;
  readonly loops: readonly { readonly count: number; readonly stride: number }[];
}

export const loopsOf = ({ whole, view, axes, steps, starts }: Arrangement): Loops => {
  const strides = stridesOf(whole);
  const first = starts.reduce((sum, start, axis) => sum + start * strides[axis]!, 0);
  const loops: { count: number; stride: number }[] = [];
  view.forEach((count, k) => {
    if (count === 1) return;
    const stride = axes[k] === -1 ? 0 : steps[k]! * strides[axes[k]!]!;
    const outer = loops.at(-1);
    if (outer && outer.stride === stride * count) loops.splice(-1, 1, { count: outer.count * count, stride });
    else loops.push({ count, stride });
  });
  return { first, loops };
};

/** For each element of the view, its element of the whole. */
export const indicesOf = (arrangement: Arrangement): Int32Array => {
  const { first, loops } = loopsOf(arrangement);
  const indices = new Int32Array(sizeOf(arrangement.view));
  let [filled, distance] = [1, indices.length];
  indices[0] = first;
  for (const { count, stride } of loops) {
    const inner = distance / count;
    for (let block = 0; block < filled; block++)
      for (let i = 1; i < count; i++) indices[block * distance + i * inner] = indices[block * distance]! + i * stride;
    [filled, distance] = [filled * count, inner];
  }
  return indices;
};
