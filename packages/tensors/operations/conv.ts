import { type Shape, sizeOf, type Tensor } from '../plan/types.ts';
import { accumulate, arrange } from '../primitives/arrange/arrange.ts';
import type { Arrangement } from '../primitives/arrange/attributes.ts';
import { meanOver, pad, slice } from '../primitives/arrange/shapes.ts';
import { matmul } from '../primitives/matmul/matmul.ts';
import { reshape } from '../primitives/reshape/reshape.ts';

export interface Sliding {
  /** How far the window moves each time, along both axes. */
  readonly stride: number;
  /** `same`: as many places as the input has, over the stride (rounded up), with zeros around; `valid`: inside only. */
  readonly padding: 'same' | 'valid';
}

/** A window that slides along one axis. */
interface Slide {
  readonly places: number;
  /** Zeros before the axis, and its length with zeros. */
  readonly before: number;
  readonly padded: number;
}

const slideOf = (side: number, window: number, { stride, padding }: Sliding): Slide => {
  const places = padding === 'same' ? Math.ceil(side / stride) : Math.floor((side - window) / stride) + 1;
  if (places < 1) throw new Error(`conv2d: a window of ${window} does not fit ${side} without padding`);
  const zeros = padding === 'same' ? Math.max(0, (places - 1) * stride + window - side) : 0;
  return { places, before: Math.floor(zeros / 2), padded: side + zeros };
};

/** The windows of images: where they lie in the images with zeros around, and where the images begin in those. */
const windowsOf = ([items, height, width, channels]: Shape, [rows, columns]: Shape, sliding: Sliding) => {
  const [down, along] = [slideOf(height!, rows!, sliding), slideOf(width!, columns!, sliding)];
  const { stride } = sliding;
  const arrangement: Arrangement = {
    whole: [items!, down.padded, along.padded, channels!],
    view: [items!, down.places, along.places, rows!, columns!, channels!],
    axes: [0, 1, 2, 1, 2, 3],
    steps: [1, stride, stride, 1, 1, 1],
    starts: [0, 0, 0, 0],
  };
  return { arrangement, starts: [0, down.before, along.before, 0] };
};

/** All windows of images [N, H, W, C]: [N, H', W', rows, columns, C]. */
const windows = (x: Tensor, window: Shape, sliding: Sliding): Tensor => {
  const { arrangement, starts } = windowsOf(x.shape, window, sliding);
  return arrange(pad(x, starts, arrangement.whole), arrangement);
};

/** Images x [N, H, W, C] under filters [rows, columns, C, O]: [N, H', W', O]. */
export const conv2d = (x: Tensor, filters: Tensor, sliding: Sliding): Tensor => {
  const [rows, columns, channels, outputs] = filters.shape as [number, number, number, number];
  if (x.shape.length !== 4 || x.shape[3] !== channels)
    throw new Error(`conv2d: images [${x.shape}] and filters [${filters.shape}] do not fit`);
  const view = windows(x, [rows, columns], sliding);
  const depth = rows * columns * channels;
  const flat = matmul(reshape(view, [sizeOf(view.shape) / depth, depth]), reshape(filters, [depth, outputs]));
  return reshape(flat, [...view.shape.slice(0, 3), outputs]);
};

/**
 * The transpose of `conv2d` with the same filters [rows, columns, C, O]: y [N, H', W', O] -> [N, H, W, C], where H is
 * H' times the stride with padding `same`, and the least that has H' places with `valid`.
 */
export const conv2dTranspose = (y: Tensor, filters: Tensor, sliding: Sliding): Tensor => {
  const [rows, columns, channels, outputs] = filters.shape as [number, number, number, number];
  if (y.shape.length !== 4 || y.shape[3] !== outputs)
    throw new Error(`conv2dTranspose: [${y.shape}] and filters [${filters.shape}] do not fit`);
  const { stride, padding } = sliding;
  const sideOf = (places: number, window: number) =>
    padding === 'same' ? places * stride : (places - 1) * stride + window;
  const shape = [y.shape[0]!, sideOf(y.shape[1]!, rows), sideOf(y.shape[2]!, columns), channels];
  const { arrangement, starts } = windowsOf(shape, [rows, columns], sliding);
  const depth = rows * columns * channels;
  const flat = matmul(reshape(y, [sizeOf(y.shape) / outputs, outputs]), reshape(filters, [depth, outputs]), {
    transposeB: true,
  });
  const whole = accumulate(reshape(flat, arrangement.view), arrangement);
  return padding === 'same' ? slice(whole, starts, shape) : whole;
};

/** Means of windows of side x side pixels that touch: x [N, H, W, C] -> [N, H / side, W / side, C], rounded down. */
export const meanPool = (x: Tensor, side: number): Tensor =>
  meanOver(windows(x, [side, side], { stride: side, padding: 'valid' }), 3, 4);
