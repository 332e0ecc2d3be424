import type { Shape, Tensor } from '../../plan/types.ts';
import { add } from '../add/add.ts';
import { scale } from '../scale/scale.ts';
import { accumulate, arrange } from './arrange.ts';

const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i);
const equal = (a: Shape, b: Shape): boolean => a.length === b.length && a.every((side, axis) => side === b[axis]);
/** Axis of `shape`, counted from the end when negative. Throws where there is none. */
const axisOf = (name: string, { shape }: Tensor, axis: number): number => {
  const found = axis < 0 ? axis + shape.length : axis;
  if (!(found in shape)) throw new Error(`${name}: [${shape}] has no axis ${axis}`);
  return found;
};

/** The axes in another order: axis k of the result is axis order[k] of x. */
export const transpose = (x: Tensor, order: readonly number[]): Tensor => {
  if (
    !equal(
      [...order].sort((a, b) => a - b),
      range(x.shape.length),
    )
  )
    throw new Error(`transpose: [${order}] is no order of the axes of [${x.shape}]`);
  return arrange(x, {
    whole: x.shape,
    view: order.map((axis) => x.shape[axis]!),
    axes: order,
    steps: order.map(() => 1),
    starts: order.map(() => 0),
  });
};

/** The block of this shape that begins at `starts`. */
export const slice = (x: Tensor, starts: readonly number[], shape: Shape): Tensor =>
  arrange(x, { whole: x.shape, view: shape, axes: range(shape.length), steps: shape.map(() => 1), starts });

/** x as the block that begins at `starts` of zeros of this shape. */
export const pad = (x: Tensor, starts: readonly number[], shape: Shape): Tensor =>
  equal(x.shape, shape)
    ? x
    : accumulate(x, { whole: shape, view: x.shape, axes: range(shape.length), steps: shape.map(() => 1), starts });

/** x repeated to this shape: axes of 1 are stretched, and missing ones are put in front. */
export const broadcast = (x: Tensor, shape: Shape): Tensor => {
  if (equal(x.shape, shape)) return x;
  const missing = shape.length - x.shape.length;
  const axes = shape.map((side, k) => (k < missing || (x.shape[k - missing] === 1 && side !== 1) ? -1 : k - missing));
  if (missing < 0 || axes.some((axis, k) => axis !== -1 && x.shape[axis] !== shape[k]))
    throw new Error(`broadcast: [${x.shape}] does not stretch to [${shape}]`);
  return arrange(x, { whole: x.shape, view: shape, axes, steps: shape.map(() => 1), starts: x.shape.map(() => 0) });
};

/** Sums along the axes, which then are gone. */
export const sumOver = (x: Tensor, ...along: number[]): Tensor => {
  const gone = new Set(along.map((axis) => axisOf('sumOver', x, axis)));
  const kept = range(x.shape.length).filter((axis) => !gone.has(axis));
  return accumulate(x, {
    whole: kept.map((axis) => x.shape[axis]!),
    view: x.shape,
    axes: x.shape.map((_, axis) => kept.indexOf(axis)),
    steps: x.shape.map(() => 1),
    starts: kept.map(() => 0),
  });
};

/** Means along the axes, which then are gone. */
export const meanOver = (x: Tensor, ...along: number[]): Tensor => {
  const count = along.reduce((product, axis) => product * x.shape[axisOf('meanOver', x, axis)]!, 1);
  return scale(sumOver(x, ...along), 1 / count);
};

/** `parts`, of equal shapes but for this axis, one after another along it. */
export const concat = (parts: readonly Tensor[], axis: number): Tensor => {
  const at = axisOf('concat', parts[0]!, axis);
  const side = parts.reduce((sum, part) => sum + part.shape[at]!, 0);
  const shape = parts[0]!.shape.map((own, k) => (k === at ? side : own));
  let from = 0;
  const padded = parts.map((part) => {
    const first = from;
    from += part.shape[at]!;
    return pad(
      part,
      part.shape.map((_, k) => (k === at ? first : 0)),
      shape,
    );
  });
  return padded.reduce(add);
};
