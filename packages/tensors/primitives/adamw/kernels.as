/** The sum of squares of `count` floats, in double precision. */
function sumOfSquares(x: usize, count: i32): f64 {
  let low = f64x2.splat(0);
  let high = f64x2.splat(0);
  let i = 0;
  for (; i + 4 <= count; i += 4) {
    const v = v128.load(x + (i << 2));
    const a = f64x2.promote_low_f32x4(v);
    const b = f64x2.promote_low_f32x4(v128.shuffle<i64>(v, v, 1, 0));
    low = f64x2.add(low, f64x2.mul(a, a));
    high = f64x2.add(high, f64x2.mul(b, b));
  }
  const both = f64x2.add(low, high);
  let total = f64x2.extract_lane(both, 0) + f64x2.extract_lane(both, 1);
  for (; i < count; i++) {
    const v = <f64>load<f32>(x + (i << 2));
    total += v * v;
  }
  return total;
}

/**
 * One step over `count` parameters; the results may lie where theta, m and v do. rates: learning rate,
 * 1 / (1 - beta1^t), 1 / (1 - beta2^t).
 */
export function adamw(
  theta: usize, m: usize, v: usize, gradient: usize, rates: usize, theta1: usize, m1: usize, v1: usize, count: i32,
  beta1: f32, beta2: f32, epsilon: f32, weightDecay: f32, clipNorm: f32,
): void {
  const rate = load<f32>(rates);
  const correct1 = load<f32>(rates, 4);
  const correct2 = load<f32>(rates, 8);
  const norm = <f32>Math.sqrt(sumOfSquares(gradient, count));
  const clip = clipNorm / max(norm, clipNorm);
  let i = 0;
  for (; i + 4 <= count; i += 4) {
    const at = <usize>i << 2;
    const g = f32x4.mul(v128.load(gradient + at), f32x4.splat(clip));
    const mean = f32x4.add(
      f32x4.mul(v128.load(m + at), f32x4.splat(beta1)),
      f32x4.mul(g, f32x4.splat(<f32>1 - beta1)),
    );
    const square = f32x4.add(
      f32x4.mul(v128.load(v + at), f32x4.splat(beta2)),
      f32x4.mul(f32x4.mul(g, g), f32x4.splat(<f32>1 - beta2)),
    );
    const root = f32x4.add(f32x4.sqrt(f32x4.mul(square, f32x4.splat(correct2))), f32x4.splat(epsilon));
    const t = v128.load(theta + at);
    const move = f32x4.add(
      f32x4.div(f32x4.mul(mean, f32x4.splat(correct1)), root),
      f32x4.mul(t, f32x4.splat(weightDecay)),
    );
    v128.store(theta1 + at, f32x4.sub(t, f32x4.mul(move, f32x4.splat(rate))));
    v128.store(m1 + at, mean);
    v128.store(v1 + at, square);
  }
  for (; i < count; i++) {
    const at = <usize>i << 2;
    const g = load<f32>(gradient + at) * clip;
    const mean = load<f32>(m + at) * beta1 + g * (<f32>1 - beta1);
    const square = load<f32>(v + at) * beta2 + g * g * (<f32>1 - beta2);
    const t = load<f32>(theta + at);
    const move = (mean * correct1) / (sqrt<f32>(square * correct2) + epsilon) + t * weightDecay;
    store<f32>(theta1 + at, t - move * rate);
    store<f32>(m1 + at, mean);
    store<f32>(v1 + at, square);
  }
}
