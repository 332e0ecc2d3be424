import { lanes } from '../../executors/wasm/math';

/** The sum of a[i] * b[i] over `width` floats. */
// @ts-ignore: decorator
@inline
function dot(a: usize, b: usize, width: i32): f32 {
  let total = f32x4.splat(0);
  let d = 0;
  for (; d + 4 <= width; d += 4)
    total = f32x4.add(total, f32x4.mul(v128.load(a + (d << 2)), v128.load(b + (d << 2))));
  let rest: f32 = 0;
  for (; d < width; d++) rest += load<f32>(a + (d << 2)) * load<f32>(b + (d << 2));
  return lanes(total) + rest;
}

// @ts-ignore: decorator
@inline
function inverseRoot(x: usize, width: i32, epsilon: f32): f32 {
  return <f32>1 / sqrt<f32>(dot(x, x, width) / <f32>width + epsilon);
}

/** y [rows, width] = x over its root mean square, times gain. */
export function rmsNorm(x: usize, gain: usize, y: usize, rows: i32, width: i32, epsilon: f32): void {
  const bytes = <usize>width << 2;
  for (let row = 0; row < rows; row++) {
    const r = inverseRoot(x, width, epsilon);
    const scale = f32x4.splat(r);
    let d = 0;
    for (; d + 4 <= width; d += 4)
      v128.store(y + (d << 2), f32x4.mul(f32x4.mul(v128.load(x + (d << 2)), scale), v128.load(gain + (d << 2))));
    for (; d < width; d++) store<f32>(y + (d << 2), load<f32>(x + (d << 2)) * r * load<f32>(gain + (d << 2)));
    x += bytes;
    y += bytes;
  }
}

/** dx = r (g dy - n mean(g dy n)) with n = x r; dGain = the sum over rows of dy n, added to what is there or not. */
export function rmsNormGrad(
  x: usize, gain: usize, dy: usize, dx: usize, dGain: usize, rows: i32, width: i32, epsilon: f32, adding: i32,
): void {
  const bytes = <usize>width << 2;
  if (!adding) memory.fill(dGain, 0, bytes);
  for (let row = 0; row < rows; row++) {
    const r = inverseRoot(x, width, epsilon);
    const scale = f32x4.splat(r);
    let total = f32x4.splat(0);
    let rest: f32 = 0;
    let d = 0;
    for (; d + 4 <= width; d += 4) {
      const at = <usize>d << 2;
      const n = f32x4.mul(v128.load(x + at), scale);
      const along = f32x4.mul(v128.load(dy + at), n);
      v128.store(dGain + at, f32x4.add(v128.load(dGain + at), along));
      total = f32x4.add(total, f32x4.mul(along, v128.load(gain + at)));
    }
    for (; d < width; d++) {
      const at = <usize>d << 2;
      const along = load<f32>(dy + at) * (load<f32>(x + at) * r);
      store<f32>(dGain + at, load<f32>(dGain + at) + along);
      rest += along * load<f32>(gain + at);
    }
    const mean = (lanes(total) + rest) / <f32>width;
    const means = f32x4.splat(mean);
    for (d = 0; d + 4 <= width; d += 4) {
      const at = <usize>d << 2;
      const n = f32x4.mul(v128.load(x + at), scale);
      const scaled = f32x4.mul(v128.load(dy + at), v128.load(gain + at));
      v128.store(dx + at, f32x4.mul(f32x4.sub(scaled, f32x4.mul(n, means)), scale));
    }
    for (; d < width; d++) {
      const at = <usize>d << 2;
      const n = load<f32>(x + at) * r;
      store<f32>(dx + at, (load<f32>(dy + at) * load<f32>(gain + at) - n * mean) * r);
    }
    x += bytes;
    dy += bytes;
    dx += bytes;
  }
}
