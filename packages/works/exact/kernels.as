// Dense layers on batches of LANES examples, single precision. Arrays of examples are feature-major: [feature, LANES].
// The order of every addition is fixed, so that all machines give the same bits.
const LANES: usize = 12;
const ROW: usize = 4 * LANES;

/** Where the caller's memory may begin. */
export function firstFreeByte(): usize {
  return (__heap_base + 15) & ~15;
}

/** to[j, e] = bias[j] + sum over i of weights[j, i] from[i, e]; the biases [out] follow the weights [out, width]. */
export function affine(to: usize, weights: usize, from: usize, out: usize, width: usize): void {
  let bias = weights + 4 * out * width;
  for (let j: usize = 0; j < out; j++) {
    let a = v128.load32_splat(bias);
    let b = a;
    let c = a;
    let at = from;
    for (let i: usize = 0; i < width; i++) {
      const w = v128.load32_splat(weights);
      a = f32x4.add(a, f32x4.mul(w, v128.load(at)));
      b = f32x4.add(b, f32x4.mul(w, v128.load(at, 16)));
      c = f32x4.add(c, f32x4.mul(w, v128.load(at, 32)));
      weights += 4;
      at += ROW;
    }
    v128.store(to, a);
    v128.store(to, b, 16);
    v128.store(to, c, 32);
    to += ROW;
    bias += 4;
  }
}

/** to[i, e] = sum over j of weights[j, i] slopes[j, e]. */
export function inputSlopes(to: usize, weights: usize, slopes: usize, out: usize, width: usize): void {
  for (let i: usize = 0; i < width; i++) {
    let a = f32x4.splat(0);
    let b = a;
    let c = a;
    let at = slopes;
    let from = weights + 4 * i;
    for (let j: usize = 0; j < out; j++) {
      const w = v128.load32_splat(from);
      a = f32x4.add(a, f32x4.mul(w, v128.load(at)));
      b = f32x4.add(b, f32x4.mul(w, v128.load(at, 16)));
      c = f32x4.add(c, f32x4.mul(w, v128.load(at, 32)));
      from += 4 * width;
      at += ROW;
    }
    v128.store(to, a);
    v128.store(to, b, 16);
    v128.store(to, c, 32);
    to += ROW;
  }
}

@inline
function sumOf(v: v128): f32 {
  return (
    f32x4.extract_lane(v, 0) + f32x4.extract_lane(v, 1) + (f32x4.extract_lane(v, 2) + f32x4.extract_lane(v, 3))
  );
}

/** to[j, i] = sum over e of slopes[j, e] values[i, e], then the sums of slopes[j, e] for the biases. */
export function weightGradient(to: usize, slopes: usize, values: usize, out: usize, width: usize): void {
  let bias = to + 4 * out * width;
  for (let j: usize = 0; j < out; j++) {
    const a = v128.load(slopes);
    const b = v128.load(slopes, 16);
    const c = v128.load(slopes, 32);
    f32.store(bias, sumOf(f32x4.add(f32x4.add(a, b), c)));
    let at = values;
    for (let i: usize = 0; i < width; i++) {
      const products = f32x4.add(
        f32x4.add(f32x4.mul(a, v128.load(at)), f32x4.mul(b, v128.load(at, 16))),
        f32x4.mul(c, v128.load(at, 32)),
      );
      f32.store(to, sumOf(products));
      to += 4;
      at += ROW;
    }
    slopes += ROW;
    bias += 4;
  }
}

/** to[j, e] = gates[j] max(0, raw[j, e]). */
export function rectify(to: usize, raw: usize, gates: usize, width: usize): void {
  const zero = f32x4.splat(0);
  for (let j: usize = 0; j < width; j++) {
    const gate = v128.load32_splat(gates);
    for (let e: usize = 0; e < ROW; e += 16)
      v128.store(to + e, f32x4.mul(gate, f32x4.max(zero, v128.load(raw + e))));
    to += ROW;
    raw += ROW;
    gates += 4;
  }
}

/** Takes the slopes of a layer back through `rectify`, in place; gateSlopes[j] = sum over e of slope max(0, raw). */
export function rectifySlopes(slopes: usize, raw: usize, gates: usize, gateSlopes: usize, width: usize): void {
  const zero = f32x4.splat(0);
  for (let j: usize = 0; j < width; j++) {
    const gate = v128.load32_splat(gates);
    let sum = zero;
    for (let e: usize = 0; e < ROW; e += 16) {
      const value = v128.load(raw + e);
      const slope = v128.and(v128.load(slopes + e), f32x4.gt(value, zero));
      sum = f32x4.add(sum, f32x4.mul(slope, f32x4.max(zero, value)));
      v128.store(slopes + e, f32x4.mul(slope, gate));
    }
    f32.store(gateSlopes, sumOf(sum));
    slopes += ROW;
    raw += ROW;
    gates += 4;
    gateSlopes += 4;
  }
}

/** Sum of squares, in double precision. */
export function squares(values: usize, count: usize): f64 {
  let sum: f64 = 0;
  for (const end = values + 4 * count; values < end; values += 4) {
    const value = <f64>f32.load(values);
    sum += value * value;
  }
  return sum;
}

/** weights[i] -= rate direction[i]. */
export function descend(weights: usize, direction: usize, rate: f32, count: usize): void {
  const end = weights + 4 * count;
  const factor = f32x4.splat(rate);
  for (; weights + 16 <= end; weights += 16, direction += 16)
    v128.store(weights, f32x4.sub(v128.load(weights), f32x4.mul(factor, v128.load(direction))));
  for (; weights < end; weights += 4, direction += 4)
    f32.store(weights, f32.load(weights) - rate * f32.load(direction));
}
