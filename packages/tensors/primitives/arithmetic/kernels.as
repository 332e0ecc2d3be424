/** y = a - b, `count` floats. */
export function subEach(a: usize, b: usize, y: usize, count: i32): void {
  let i = 0;
  for (; i + 4 <= count; i += 4) {
    const at = <usize>i << 2;
    v128.store(y + at, f32x4.sub(v128.load(a + at), v128.load(b + at)));
  }
  for (; i < count; i++) store<f32>(y + (i << 2), load<f32>(a + (i << 2)) - load<f32>(b + (i << 2)));
}

/** y = a / b, `count` floats. */
export function divEach(a: usize, b: usize, y: usize, count: i32): void {
  let i = 0;
  for (; i + 4 <= count; i += 4) {
    const at = <usize>i << 2;
    v128.store(y + at, f32x4.div(v128.load(a + at), v128.load(b + at)));
  }
  for (; i < count; i++) store<f32>(y + (i << 2), load<f32>(a + (i << 2)) / load<f32>(b + (i << 2)));
}

/** y = x + by, `count` floats. */
export function shift(x: usize, by: f32, y: usize, count: i32): void {
  const bys = f32x4.splat(by);
  let i = 0;
  for (; i + 4 <= count; i += 4) v128.store(y + (i << 2), f32x4.add(v128.load(x + (i << 2)), bys));
  for (; i < count; i++) store<f32>(y + (i << 2), load<f32>(x + (i << 2)) + by);
}
