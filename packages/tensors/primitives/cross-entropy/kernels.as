import { exp1, exp4, highest, lanes, ln } from '../../executors/wasm/math';

/** The largest of `count` floats. */
export function largest(x: usize, count: i32): f32 {
  let most = f32x4.splat(-f32.MAX_VALUE);
  let i = 0;
  for (; i + 4 <= count; i += 4) most = f32x4.pmax(most, v128.load(x + (i << 2)));
  let found = highest(most);
  for (; i < count; i++) found = max(found, load<f32>(x + (i << 2)));
  return found;
}

/** y = e^(scale x - shift) over `count` floats; answers their sum. y may be x. */
export function exponentials(x: usize, scale: f32, shift: f32, y: usize, count: i32): f32 {
  const scales = f32x4.splat(scale);
  const shifts = f32x4.splat(shift);
  let total = f32x4.splat(0);
  let i = 0;
  for (; i + 4 <= count; i += 4) {
    const e = exp4(f32x4.sub(f32x4.mul(v128.load(x + (i << 2)), scales), shifts));
    v128.store(y + (i << 2), e);
    total = f32x4.add(total, e);
  }
  let rest: f32 = 0;
  for (; i < count; i++) {
    const e = exp1(load<f32>(x + (i << 2)) * scale - shift);
    store<f32>(y + (i << 2), e);
    rest += e;
  }
  return lanes(total) + rest;
}

/** nats [rows] of the targets under logits [rows, width]. Scratch: width floats. */
export function crossEntropy(logits: usize, targets: usize, nats: usize, rows: i32, width: i32, scratch: usize): void {
  for (let row = 0; row < rows; row++) {
    const most = largest(logits, width);
    const sum = exponentials(logits, 1, most, scratch, width);
    const target = load<f32>(logits + (load<i32>(targets + (row << 2)) << 2));
    store<f32>(nats + (row << 2), ln(sum) + (most - target));
    logits += width << 2;
  }
}

/** dLogits = (softmax - one-hot of the target) dNats. */
export function crossEntropyGrad(
  logits: usize, targets: usize, dNats: usize, dLogits: usize, rows: i32, width: i32,
): void {
  for (let row = 0; row < rows; row++) {
    const weight = load<f32>(dNats + (row << 2));
    const sum = exponentials(logits, 1, largest(logits, width), dLogits, width);
    const factor = weight / sum;
    const factors = f32x4.splat(factor);
    let i = 0;
    for (; i + 4 <= width; i += 4)
      v128.store(dLogits + (i << 2), f32x4.mul(v128.load(dLogits + (i << 2)), factors));
    for (; i < width; i++) store<f32>(dLogits + (i << 2), load<f32>(dLogits + (i << 2)) * factor);
    const at = dLogits + (load<i32>(targets + (row << 2)) << 2);
    store<f32>(at, load<f32>(at) - weight);
    logits += width << 2;
    dLogits += width << 2;
  }
}
