/** y = x * factor, `count` floats. */
export function scale(x: usize, factor: f32, y: usize, count: i32): void {
  const factors = f32x4.splat(factor);
  let i = 0;
  for (; i + 4 <= count; i += 4) v128.store(y + (i << 2), f32x4.mul(v128.load(x + (i << 2)), factors));
  for (; i < count; i++) store<f32>(y + (i << 2), load<f32>(x + (i << 2)) * factor);
}

/** y = x * s[0]. */
export function scaleBy(x: usize, s: usize, y: usize, count: i32): void {
  scale(x, load<f32>(s), y, count);
}
