import { lanes } from '../../executors/wasm/math';

/** y[0] = the sum of `count` floats. */
export function sum(x: usize, y: usize, count: i32): void {
  let total = f32x4.splat(0);
  let i = 0;
  for (; i + 4 <= count; i += 4) total = f32x4.add(total, v128.load(x + (i << 2)));
  let rest: f32 = 0;
  for (; i < count; i++) rest += load<f32>(x + (i << 2));
  store<f32>(y, lanes(total) + rest);
}

/** y = `value` in `count` floats. */
export function fill(value: f32, y: usize, count: i32): void {
  const values = f32x4.splat(value);
  let i = 0;
  for (; i + 4 <= count; i += 4) v128.store(y + (i << 2), values);
  for (; i < count; i++) store<f32>(y + (i << 2), value);
}

/** y = s[0] in `count` floats. */
export function expand(s: usize, y: usize, count: i32): void {
  fill(load<f32>(s), y, count);
}
