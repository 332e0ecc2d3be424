/**
 * y [rows, width] = x with the first `heads` stretches of `headWidth` columns turned; row r has position r modulo
 * context. Tables [context, headWidth / 2]. y may be x.
 */
export function rope(
  x: usize, y: usize, cos: usize, sin: usize, rows: i32, width: i32, context: i32, headWidth: i32, heads: i32,
  direction: f32,
): void {
  const half = headWidth >> 1;
  const halfBytes = <usize>half << 2;
  const sign = f32x4.splat(direction);
  const turned = heads * headWidth;
  for (let row = 0; row < rows; row++) {
    const table = <usize>((row % context) * half) << 2;
    for (let head = 0; head < heads; head++) {
      const from = x + ((head * headWidth) << 2);
      const to = y + ((head * headWidth) << 2);
      let i = 0;
      for (; i + 4 <= half; i += 4) {
        const at = <usize>i << 2;
        const c = v128.load(cos + table + at);
        const s = f32x4.mul(v128.load(sin + table + at), sign);
        const a = v128.load(from + at);
        const b = v128.load(from + halfBytes + at);
        v128.store(to + at, f32x4.sub(f32x4.mul(a, c), f32x4.mul(b, s)));
        v128.store(to + halfBytes + at, f32x4.add(f32x4.mul(b, c), f32x4.mul(a, s)));
      }
      for (; i < half; i++) {
        const at = <usize>i << 2;
        const c = load<f32>(cos + table + at);
        const s = load<f32>(sin + table + at) * direction;
        const a = load<f32>(from + at);
        const b = load<f32>(from + halfBytes + at);
        store<f32>(to + at, a * c - b * s);
        store<f32>(to + halfBytes + at, b * c + a * s);
      }
    }
    if (x != y) memory.copy(y + (turned << 2), x + (turned << 2), (width - turned) << 2);
    x += width << 2;
    y += width << 2;
  }
}
