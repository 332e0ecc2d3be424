import { exp1, exp4, lanes, ln } from '../../executors/wasm/math';
import { exponentials, largest } from '../cross-entropy/kernels';
import { multiplyPanels, pack } from '../matmul/kernels';

/** Query rows treated at once: scores above the diagonal are computed only inside such a block. */
const BLOCK: i32 = 32;

// @ts-ignore: decorator
@inline
function roundUp(count: i32, multiple: i32): i32 {
  return ((count + multiple - 1) / multiple) * multiple;
}

/**
 * y [batch * context, heads * headWidth] and statistics [.., heads] (the logarithm of each row's softmax sum) from
 * qkv [batch * context, 3 * heads * headWidth].
 */
export function causalAttention(
  qkv: usize, y: usize, statistics: usize, batch: i32, context: i32, heads: i32, headWidth: i32, scratch: usize,
): void {
  const width = heads * headWidth;
  const ld = 3 * width;
  const padded = roundUp(context, 8);
  const scale: f32 = <f32>1 / sqrt<f32>(<f32>headWidth);
  const keys = scratch;
  const values = keys + ((padded * headWidth) << 2);
  const queries = values + ((context * roundUp(headWidth, 8)) << 2);
  const scores = queries + ((BLOCK * headWidth) << 2);
  const packedScores = scores + ((BLOCK * padded) << 2);
  const sums = packedScores + ((BLOCK * padded) << 2);
  for (let item = 0; item < batch * heads; item++) {
    const first = (item / heads) * context;
    const head = item % heads;
    const q = qkv + ((first * ld + head * headWidth) << 2);
    pack(q + (width << 2), ld, 0, context, headWidth, 8, headWidth, keys);
    pack(q + (width << 3), ld, 1, headWidth, context, 8, context, values);
    for (let row = 0; row < context; row += BLOCK) {
      const rows = min(BLOCK, context - row);
      const seen = row + rows;
      pack(q + ((row * ld) << 2), ld, 0, rows, headWidth, 4, headWidth, queries);
      multiplyPanels(queries, headWidth, keys, headWidth, scores, padded, rows, seen, headWidth, 0);
      for (let r = 0; r < rows; r++) {
        const line = scores + ((r * padded) << 2);
        const count = row + r + 1;
        const most = largest(line, count) * scale;
        const sum = exponentials(line, scale, most, line, count);
        memory.fill(line + (count << 2), 0, (seen - count) << 2);
        store<f32>(sums + (r << 2), sum);
        store<f32>(statistics + (((first + row + r) * heads + head) << 2), most + ln(sum));
      }
      pack(scores, padded, 0, rows, seen, 4, seen, packedScores);
      const to = y + (((first + row) * width + head * headWidth) << 2);
      multiplyPanels(packedScores, seen, values, context, to, width, rows, headWidth, seen, 0);
      for (let r = 0; r < rows; r++)
        scaleRow(to + ((r * width) << 2), <f32>1 / load<f32>(sums + (r << 2)), headWidth);
    }
  }
}

/** x = x * factor over `count` floats. */
// @ts-ignore: decorator
@inline
function scaleRow(x: usize, factor: f32, count: i32): void {
  const factors = f32x4.splat(factor);
  let i = 0;
  for (; i + 4 <= count; i += 4) v128.store(x + (i << 2), f32x4.mul(v128.load(x + (i << 2)), factors));
  for (; i < count; i++) store<f32>(x + (i << 2), load<f32>(x + (i << 2)) * factor);
}

// @ts-ignore: decorator
@inline
function dot(a: usize, b: usize, count: i32): f32 {
  let total = f32x4.splat(0);
  let i = 0;
  for (; i + 4 <= count; i += 4)
    total = f32x4.add(total, f32x4.mul(v128.load(a + (i << 2)), v128.load(b + (i << 2))));
  let rest: f32 = 0;
  for (; i < count; i++) rest += load<f32>(a + (i << 2)) * load<f32>(b + (i << 2));
  return lanes(total) + rest;
}

/** p = e^(scale s - shift) and ds = p (dp - along) scale, in place of s and dp, over `count` floats. */
// @ts-ignore: decorator
@inline
function softmaxGradRow(s: usize, dp: usize, scale: f32, shift: f32, along: f32, count: i32): void {
  let i = 0;
  for (; i + 4 <= count; i += 4) {
    const at = <usize>i << 2;
    const p = exp4(f32x4.sub(f32x4.mul(v128.load(s + at), f32x4.splat(scale)), f32x4.splat(shift)));
    v128.store(s + at, p);
    const d = f32x4.sub(v128.load(dp + at), f32x4.splat(along));
    v128.store(dp + at, f32x4.mul(f32x4.mul(p, d), f32x4.splat(scale)));
  }
  for (; i < count; i++) {
    const at = <usize>i << 2;
    const p = exp1(load<f32>(s + at) * scale - shift);
    store<f32>(s + at, p);
    store<f32>(dp + at, p * (load<f32>(dp + at) - along) * scale);
  }
}

/** dQkv from qkv, y, the statistics and dy; the probabilities are computed again, block by block. */
export function causalAttentionGrad(
  qkv: usize, y: usize, statistics: usize, dy: usize, dQkv: usize,
  batch: i32, context: i32, heads: i32, headWidth: i32, scratch: usize,
): void {
  const width = heads * headWidth;
  const ld = 3 * width;
  const padded = roundUp(context, 8);
  const wide = roundUp(headWidth, 8);
  const scale: f32 = <f32>1 / sqrt<f32>(<f32>headWidth);
  const keys = scratch;
  const values = keys + ((padded * wide) << 2);
  const keyRows = values + ((padded * wide) << 2);
  const scores = keyRows + ((padded * wide) << 2);
  const dScores = scores + ((BLOCK * padded) << 2);
  const packedScores = dScores + ((BLOCK * padded) << 2);
  const rowPanels = packedScores + ((BLOCK * padded) << 2);
  const columnPanels = rowPanels + ((BLOCK * wide) << 2);
  for (let item = 0; item < batch * heads; item++) {
    const first = (item / heads) * context;
    const head = item % heads;
    const q = qkv + ((first * ld + head * headWidth) << 2);
    const k = q + (width << 2);
    const v = q + (width << 3);
    const dq = dQkv + ((first * ld + head * headWidth) << 2);
    pack(k, ld, 0, context, headWidth, 8, headWidth, keys);
    pack(v, ld, 0, context, headWidth, 8, headWidth, values);
    pack(k, ld, 1, headWidth, context, 8, context, keyRows);
    for (let i = 0; i < context; i++) {
      memory.fill(dq + ((i * ld + width) << 2), 0, headWidth << 2);
      memory.fill(dq + ((i * ld + 2 * width) << 2), 0, headWidth << 2);
    }
    for (let row = 0; row < context; row += BLOCK) {
      const rows = min(BLOCK, context - row);
      const seen = row + rows;
      const at = ((first + row) * width + head * headWidth) << 2;
      const qRow = q + ((row * ld) << 2);
      pack(qRow, ld, 0, rows, headWidth, 4, headWidth, rowPanels);
      multiplyPanels(rowPanels, headWidth, keys, headWidth, scores, padded, rows, seen, headWidth, 0);
      pack(dy + at, width, 0, rows, headWidth, 4, headWidth, rowPanels);
      multiplyPanels(rowPanels, headWidth, values, headWidth, dScores, padded, rows, seen, headWidth, 0);
      for (let r = 0; r < rows; r++) {
        const line = <usize>(r * padded) << 2;
        const count = row + r + 1;
        const rowAt = at + ((r * width) << 2);
        const shift = load<f32>(statistics + (((first + row + r) * heads + head) << 2));
        softmaxGradRow(scores + line, dScores + line, scale, shift, dot(y + rowAt, dy + rowAt, headWidth), count);
        memory.fill(scores + line + (count << 2), 0, (seen - count) << 2);
        memory.fill(dScores + line + (count << 2), 0, (seen - count) << 2);
      }
      // dV += P^T dY
      pack(scores, padded, 1, seen, rows, 4, rows, packedScores);
      pack(dy + at, width, 1, headWidth, rows, 8, rows, columnPanels);
      multiplyPanels(packedScores, rows, columnPanels, rows, dq + (width << 3), ld, seen, headWidth, rows, 1);
      // dK += dS^T Q
      pack(dScores, padded, 1, seen, rows, 4, rows, packedScores);
      pack(qRow, ld, 1, headWidth, rows, 8, rows, columnPanels);
      multiplyPanels(packedScores, rows, columnPanels, rows, dq + (width << 2), ld, seen, headWidth, rows, 1);
      // dQ = dS K
      pack(dScores, padded, 0, rows, seen, 4, seen, packedScores);
      multiplyPanels(packedScores, seen, keyRows, context, dq + ((row * ld) << 2), ld, rows, headWidth, seen, 0);
    }
  }
}
