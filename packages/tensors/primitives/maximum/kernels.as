/** y = the larger of a and b. */
export function maximumEach(a: usize, b: usize, y: usize, count: i32): void {
  let i = 0;
  for (; i + 4 <= count; i += 4) {
    const at = <usize>i << 2;
    v128.store(y + at, f32x4.max(v128.load(a + at), v128.load(b + at)));
  }
  for (; i < count; i++) store<f32>(y + (i << 2), max<f32>(load<f32>(a + (i << 2)), load<f32>(b + (i << 2))));
}
