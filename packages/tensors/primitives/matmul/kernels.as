// Matrix products on packed panels: A in panels of 4 rows [k][4], B in panels of 8 columns [k][8], and a 4 x 8 tile of C
// in registers. `ld` is the distance between rows of a matrix in memory, in floats.

/** Depth and rows of the blocks that are packed at once: panels of both stay in the first-level cache. */
export const DEPTH: i32 = 256;
export const ROWS: i32 = 128;

const TILE: usize = memory.data(128, 16);

/** Rows r0..r3 of a 4 x 4 block, stored transposed `step` floats apart. */
// @ts-ignore: decorator
@inline
function storeTransposed(to: usize, step: usize, r0: v128, r1: v128, r2: v128, r3: v128): void {
  const a = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5);
  const b = v128.shuffle<f32>(r2, r3, 0, 4, 1, 5);
  const c = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7);
  const d = v128.shuffle<f32>(r2, r3, 2, 6, 3, 7);
  v128.store(to, v128.shuffle<i64>(a, b, 0, 2));
  v128.store(to + step * 4, v128.shuffle<i64>(a, b, 1, 3));
  v128.store(to + step * 8, v128.shuffle<i64>(c, d, 0, 2));
  v128.store(to + step * 12, v128.shuffle<i64>(c, d, 1, 3));
}

/** Element (row, k) of an operand with `along` rows or columns: at row * ld + k, or at k * ld + row when turned. */
// @ts-ignore: decorator
@inline
function element(from: usize, ld: i32, turned: i32, row: i32, k: i32): f32 {
  return load<f32>(from + ((turned ? k * ld + row : row * ld + k) << 2));
}

/**
 * Packs `count` rows of `depth` elements into panels of `width` (4 or 8) rows, interleaved [k][width], the last panel
 * filled up with zeros; panels lie `width * stride` floats apart. The operand is row-major [count, depth], or
 * [depth, count] when `turned`.
 */
export function pack(from: usize, ld: i32, turned: i32, count: i32, depth: i32, width: i32, stride: i32, to: usize): void {
  for (let row = 0; row < count; row += width) {
    const panel = to + ((row * stride) << 2);
    if (row + width > count) {
      for (let k = 0; k < depth; k++)
        for (let i = 0; i < width; i++)
          store<f32>(
            panel + ((k * width + i) << 2),
            row + i < count ? element(from, ld, turned, row + i, k) : 0,
          );
    } else if (turned) {
      let source = from + (row << 2);
      let target = panel;
      for (let k = 0; k < depth; k++) {
        v128.store(target, v128.load(source));
        if (width == 8) v128.store(target + 16, v128.load(source + 16));
        source += ld << 2;
        target += width << 2;
      }
    } else {
      for (let half = 0; half < width; half += 4) {
        const r0 = from + (((row + half) * ld) << 2);
        const r1 = r0 + (ld << 2);
        const r2 = r1 + (ld << 2);
        const r3 = r2 + (ld << 2);
        let k = 0;
        for (; k + 4 <= depth; k += 4) {
          const at = k << 2;
          storeTransposed(
            panel + ((k * width + half) << 2),
            width,
            v128.load(r0 + at),
            v128.load(r1 + at),
            v128.load(r2 + at),
            v128.load(r3 + at),
          );
        }
        for (; k < depth; k++)
          for (let i = 0; i < 4; i++)
            store<f32>(panel + ((k * width + half + i) << 2), element(from, ld, 0, row + half + i, k));
      }
    }
  }
}

/** C [4, 8] = or += one panel of A times one of B, `depth` deep. */
function tile(a: usize, b: usize, depth: i32, c: usize, ldc: i32, accumulate: i32): void {
  const row = <usize>ldc << 2;
  let c00 = f32x4.splat(0), c01 = f32x4.splat(0);
  let c10 = f32x4.splat(0), c11 = f32x4.splat(0);
  let c20 = f32x4.splat(0), c21 = f32x4.splat(0);
  let c30 = f32x4.splat(0), c31 = f32x4.splat(0);
  const end = a + (<usize>depth << 4);
  while (a < end) {
    const b0 = v128.load(b);
    const b1 = v128.load(b, 16);
    const a0 = v128.load32_splat(a);
    c00 = f32x4.add(c00, f32x4.mul(a0, b0));
    c01 = f32x4.add(c01, f32x4.mul(a0, b1));
    const a1 = v128.load32_splat(a, 4);
    c10 = f32x4.add(c10, f32x4.mul(a1, b0));
    c11 = f32x4.add(c11, f32x4.mul(a1, b1));
    const a2 = v128.load32_splat(a, 8);
    c20 = f32x4.add(c20, f32x4.mul(a2, b0));
    c21 = f32x4.add(c21, f32x4.mul(a2, b1));
    const a3 = v128.load32_splat(a, 12);
    c30 = f32x4.add(c30, f32x4.mul(a3, b0));
    c31 = f32x4.add(c31, f32x4.mul(a3, b1));
    a += 16;
    b += 32;
  }
  if (accumulate) {
    c00 = f32x4.add(c00, v128.load(c));
    c01 = f32x4.add(c01, v128.load(c, 16));
    c10 = f32x4.add(c10, v128.load(c + row));
    c11 = f32x4.add(c11, v128.load(c + row, 16));
    c20 = f32x4.add(c20, v128.load(c + 2 * row));
    c21 = f32x4.add(c21, v128.load(c + 2 * row, 16));
    c30 = f32x4.add(c30, v128.load(c + 3 * row));
    c31 = f32x4.add(c31, v128.load(c + 3 * row, 16));
  }
  v128.store(c, c00);
  v128.store(c, c01, 16);
  v128.store(c + row, c10);
  v128.store(c + row, c11, 16);
  v128.store(c + 2 * row, c20);
  v128.store(c + 2 * row, c21, 16);
  v128.store(c + 3 * row, c30);
  v128.store(c + 3 * row, c31, 16);
}

/**
 * C [m, n] = or += packed A times packed B. Panels of A lie 4 * strideA floats apart, those of B 8 * strideB; only the
 * first `depth` of their rows are used.
 */
export function multiplyPanels(
  a: usize, strideA: i32, b: usize, strideB: i32, c: usize, ldc: i32, m: i32, n: i32, depth: i32, accumulate: i32,
): void {
  for (let column = 0; column < n; column += 8) {
    const panelB = b + ((column * strideB) << 2);
    for (let row = 0; row < m; row += 4) {
      const panelA = a + ((row * strideA) << 2);
      const at = c + ((row * ldc + column) << 2);
      if (row + 4 <= m && column + 8 <= n) {
        tile(panelA, panelB, depth, at, ldc, accumulate);
        continue;
      }
      tile(panelA, panelB, depth, TILE, 8, 0);
      const rows = min(4, m - row);
      const columns = min(8, n - column);
      for (let i = 0; i < rows; i++)
        for (let j = 0; j < columns; j++) {
          const target = at + ((i * ldc + j) << 2);
          const value = load<f32>(TILE + ((i * 8 + j) << 2));
          store<f32>(target, accumulate ? load<f32>(target) + value : value);
        }
    }
  }
}

/** Packs `depth` rows of B [k, n], from row `deep` on. B is [n, k] when turned: then its panels' rows lie along k. */
// @ts-ignore: decorator
@inline
function packRows(b: usize, turnedB: i32, n: i32, k: i32, deep: i32, depth: i32, to: usize): void {
  const ldb = turnedB ? k : n;
  pack(b + ((turnedB ? deep : deep * ldb) << 2), ldb, turnedB ? 0 : 1, n, depth, 8, depth, to);
}

/** Packs all of B [k, n] for many products: blocks of DEPTH rows, each `n` rounded up to 8 wide. */
export function packRight(b: usize, turnedB: i32, n: i32, k: i32, to: usize): void {
  const wide = (n + 7) & ~7;
  for (let deep = 0; deep < k; deep += DEPTH)
    packRows(b, turnedB, n, k, deep, min(DEPTH, k - deep), to + ((deep * wide) << 2));
}

/**
 * C [m, n] = (or += when adding) A [m, k] B [k, n], each stored the other way round when turned. `packed`: B as
 * packRight leaves it, or 0. Scratch: see wasm.ts.
 */
export function matmul(
  a: usize, turnedA: i32, b: usize, turnedB: i32, packed: usize, c: usize, m: i32, n: i32, k: i32, adding: i32,
  scratch: usize,
): void {
  const lda = turnedA ? m : k;
  const wide = (n + 7) & ~7;
  const panelsA = scratch;
  for (let deep = 0; deep < k; deep += DEPTH) {
    const depth = min(DEPTH, k - deep);
    const panelsB = packed ? packed + ((deep * wide) << 2) : scratch + ((ROWS * DEPTH) << 2);
    if (!packed) packRows(b, turnedB, n, k, deep, depth, panelsB);
    const adds = adding || deep > 0 ? 1 : 0;
    for (let row = 0; row < m; row += ROWS) {
      const rows = min(ROWS, m - row);
      const block = a + ((turnedA ? deep * lda + row : row * lda + deep) << 2);
      pack(block, lda, turnedA, rows, depth, 4, depth, panelsA);
      multiplyPanels(panelsA, depth, panelsB, depth, c + ((row * n) << 2), n, rows, n, depth, adds);
    }
  }
}

/** `items` products of equal sizes, one after another. */
export function matmulItems(
  a: usize, turnedA: i32, b: usize, turnedB: i32, c: usize, items: i32, m: i32, n: i32, k: i32, adding: i32,
  scratch: usize,
): void {
  for (let item = 0; item < items; item++) {
    matmul(a, turnedA, b, turnedB, 0, c, m, n, k, adding, scratch);
    a += (m * k) << 2;
    b += (k * n) << 2;
    c += (m * n) << 2;
  }
}
