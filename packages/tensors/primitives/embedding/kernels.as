/** y [count, width] = the rows `ids` of table. */
export function gatherRows(table: usize, ids: usize, y: usize, count: i32, width: i32): void {
  const bytes = <usize>width << 2;
  for (let n = 0; n < count; n++) memory.copy(y + n * bytes, table + load<i32>(ids + (n << 2)) * bytes, bytes);
}

/** sums [rows, width] = the rows of dy [count, width], each added to row ids[n] of zeros, or of what is there. */
export function scatterRows(
  ids: usize, dy: usize, sums: usize, count: i32, width: i32, rows: i32, adding: i32,
): void {
  const bytes = <usize>width << 2;
  if (!adding) memory.fill(sums, 0, rows * bytes);
  for (let n = 0; n < count; n++) {
    const row = sums + load<i32>(ids + (n << 2)) * bytes;
    const from = dy + n * bytes;
    let d = 0;
    for (; d + 4 <= width; d += 4)
      v128.store(row + (d << 2), f32x4.add(v128.load(row + (d << 2)), v128.load(from + (d << 2))));
    for (; d < width; d++) store<f32>(row + (d << 2), load<f32>(row + (d << 2)) + load<f32>(from + (d << 2)));
  }
}
