import { exp4, ln4, sigmoid4, softplus4, tanh4 } from '../../executors/wasm/math';

const EXP = 0;
const LN = 1;
const SQRT = 2;
const TANH = 3;
const SIGMOID = 4;
const SOFTPLUS = 5;

/** One of the functions above; `f` is known when this is compiled. */
// @ts-ignore: decorator
@inline
function apply(f: i32, x: v128): v128 {
  if (f == EXP) return exp4(x);
  if (f == LN) return ln4(x);
  if (f == SQRT) return f32x4.sqrt(x);
  if (f == TANH) return tanh4(x);
  if (f == SIGMOID) return sigmoid4(x);
  return softplus4(x);
}

// @ts-ignore: decorator
@inline
function each(f: i32, x: usize, y: usize, count: i32): void {
  let i = 0;
  for (; i + 4 <= count; i += 4) v128.store(y + (i << 2), apply(f, v128.load(x + (i << 2))));
  for (; i < count; i++)
    store<f32>(y + (i << 2), f32x4.extract_lane(apply(f, v128.load32_splat(x + (i << 2))), 0));
}

// y = f(x), `count` floats; y may be x.

export function expEach(x: usize, y: usize, count: i32): void {
  each(EXP, x, y, count);
}

export function lnEach(x: usize, y: usize, count: i32): void {
  each(LN, x, y, count);
}

export function sqrtEach(x: usize, y: usize, count: i32): void {
  each(SQRT, x, y, count);
}

export function tanhEach(x: usize, y: usize, count: i32): void {
  each(TANH, x, y, count);
}

export function sigmoidEach(x: usize, y: usize, count: i32): void {
  each(SIGMOID, x, y, count);
}

export function softplusEach(x: usize, y: usize, count: i32): void {
  each(SOFTPLUS, x, y, count);
}
