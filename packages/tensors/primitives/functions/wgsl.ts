/** WGSL's own tanh may overflow, and is inexact near zero: there, an odd polynomial (Cephes, tanhf). */
export const TANH = `
fn tanh_of(x: f32) -> f32 {
  let size = abs(x);
  if (size < 0.625) {
    let z = x * x;
    let p = (((-5.70498872745e-3 * z + 2.06390887954e-2) * z - 5.37397155531e-2) * z + 1.33314422036e-1) * z;
    return x + x * (z * (p - 3.33332819422e-1));
  }
  return sign(x) * (1.0 - 2.0 / (exp(min(2.0 * size, 80.0)) + 1.0));
}`;

/** ln(1 + e) = e ln(u) / (u - 1) with u = 1 + e as it is rounded. */
export const SOFTPLUS = `
fn softplus_of(x: f32) -> f32 {
  let e = exp(-abs(x));
  let u = 1.0 + e;
  let tail = select(log(u) * e / (u - 1.0), e, u == 1.0);
  return max(x, 0.0) + tail;
}`;
