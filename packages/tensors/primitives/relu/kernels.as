/** y = x where positive, else 0. */
export function reluEach(x: usize, y: usize, count: i32): void {
  const zero = f32x4.splat(0);
  let i = 0;
  for (; i + 4 <= count; i += 4) v128.store(y + (i << 2), f32x4.max(v128.load(x + (i << 2)), zero));
  for (; i < count; i++) store<f32>(y + (i << 2), max<f32>(load<f32>(x + (i << 2)), 0));
}

/** y = 1 where x is positive, else 0. */
export function stepEach(x: usize, y: usize, count: i32): void {
  const zero = f32x4.splat(0);
  const one = f32x4.splat(1);
  let i = 0;
  for (; i + 4 <= count; i += 4)
    v128.store(y + (i << 2), v128.and(f32x4.gt(v128.load(x + (i << 2)), zero), one));
  for (; i < count; i++) store<f32>(y + (i << 2), load<f32>(x + (i << 2)) > 0 ? 1 : 0);
}
