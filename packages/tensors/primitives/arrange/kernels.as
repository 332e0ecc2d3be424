import { lanes } from '../../executors/wasm/math';

// Both kernels run through the loops of a table of `depth` (count, stride) pairs, outermost first; strides are of the
// whole, in floats. The view lies in the order of the loops.

const MOST_LOOPS = 16;
/** How far each of the outer loops is. */
const COUNTERS: usize = memory.data(4 * 16, 16);

/** Steps the loops outside the inner two; answers how far the whole moves in bytes, or END after the last step. */
const END: isize = isize.MIN_VALUE;
function advance(table: usize, depth: i32): isize {
  let moved: isize = 0;
  for (let loop = depth - 3; loop >= 0; loop--) {
    const count = load<i32>(table + (loop << 3));
    const bytes = <isize>load<i32>(table + (loop << 3), 4) << 2;
    const reached = load<i32>(COUNTERS + (loop << 2)) + 1;
    moved += bytes;
    if (reached < count) {
      store<i32>(COUNTERS + (loop << 2), reached);
      return moved;
    }
    store<i32>(COUNTERS + (loop << 2), 0);
    moved -= count * bytes;
  }
  return END;
}

/** view = the elements of `whole` that the loops pass. */
export function arrange(whole: usize, view: usize, table: usize, depth: i32): void {
  const inner = table + ((depth - 2) << 3);
  const rows = load<i32>(inner);
  const rowBytes = <usize>load<i32>(inner, 4) << 2;
  const width = load<i32>(inner, 8);
  const stride = <usize>load<i32>(inner, 12) << 2;
  memory.fill(COUNTERS, 0, 4 * MOST_LOOPS);
  for (;;) {
    let from = whole;
    for (let row = 0; row < rows; row++) {
      let i = 0;
      if (stride == 4) {
        for (; i + 4 <= width; i += 4) v128.store(view + (i << 2), v128.load(from + (i << 2)));
        for (; i < width; i++) store<f32>(view + (i << 2), load<f32>(from + (i << 2)));
      } else if (stride == 0) {
        const value = load<f32>(from);
        const values = f32x4.splat(value);
        for (; i + 4 <= width; i += 4) v128.store(view + (i << 2), values);
        for (; i < width; i++) store<f32>(view + (i << 2), value);
      } else {
        let at = from;
        for (; i < width; i++) {
          store<f32>(view + (i << 2), load<f32>(at));
          at += stride;
        }
      }
      view += width << 2;
      from += rowBytes;
    }
    const moved = advance(table, depth);
    if (moved == END) return;
    whole += moved;
  }
}

/** The elements of the view, each added to the element of `whole` that the loops pass. */
export function accumulate(view: usize, whole: usize, table: usize, depth: i32): void {
  const inner = table + ((depth - 2) << 3);
  const rows = load<i32>(inner);
  const rowBytes = <usize>load<i32>(inner, 4) << 2;
  const width = load<i32>(inner, 8);
  const stride = <usize>load<i32>(inner, 12) << 2;
  memory.fill(COUNTERS, 0, 4 * MOST_LOOPS);
  for (;;) {
    let to = whole;
    for (let row = 0; row < rows; row++) {
      let i = 0;
      if (stride == 4) {
        for (; i + 4 <= width; i += 4) {
          const at = to + (i << 2);
          v128.store(at, f32x4.add(v128.load(at), v128.load(view + (i << 2))));
        }
        for (; i < width; i++) {
          const at = to + (i << 2);
          store<f32>(at, load<f32>(at) + load<f32>(view + (i << 2)));
        }
      } else if (stride == 0) {
        let total = f32x4.splat(0);
        let rest: f32 = 0;
        for (; i + 4 <= width; i += 4) total = f32x4.add(total, v128.load(view + (i << 2)));
        for (; i < width; i++) rest += load<f32>(view + (i << 2));
        store<f32>(to, load<f32>(to) + (lanes(total) + rest));
      } else {
        let at = to;
        for (; i < width; i++) {
          store<f32>(at, load<f32>(at) + load<f32>(view + (i << 2)));
          at += stride;
        }
      }
      view += width << 2;
      to += rowBytes;
    }
    const moved = advance(table, depth);
    if (moved == END) return;
    whole += moved;
  }
}
