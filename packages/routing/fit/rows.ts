/** Documents as rows of D numbers, row-major. */
export interface Rows {
  readonly values: Float32Array | Float64Array;
  readonly width: number;
}

export const rowCount = ({ values, width }: Rows): number => values.length / width;

export const rowOf = ({ values, width }: Rows, row: number): Float32Array | Float64Array =>
  values.subarray(row * width, (row + 1) * width);

export const takeRows = (rows: Rows, chosen: readonly number[]): Rows => {
  const values = new Float64Array(chosen.length * rows.width);
  chosen.forEach((row, to) => {
    values.set(rowOf(rows, row), to * rows.width);
  });
  return { values, width: rows.width };
};

/** At most `count` of `total` places, evenly spread. */
export const evenly = (total: number, count: number): number[] =>
  Array.from({ length: Math.min(total, count) }, (_, i) => Math.floor((i * total) / Math.min(total, count)));

/** Throws a RangeError on rows of another width, and on a value that is not finite. */
export const checkRows = (rows: Rows): void => {
  if (!Number.isInteger(rowCount(rows)))
    throw new RangeError(`${rows.values.length} values make no rows of ${rows.width}`);
  const bad = rows.values.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0)
    throw new RangeError(
      `dimension ${bad % rows.width} of document ${Math.floor(bad / rows.width)} is ${rows.values[bad]}: its features were computed wrongly`,
    );
};

/** Throws a RangeError when there are fewer different rows than `paths`. */
export const checkEnough = (rows: Rows, paths: number): void => {
  const documents = rowCount(rows);
  if (documents < paths) throw new RangeError(`${documents} documents cannot be dealt to ${paths} paths`);
  const different = new Set<string>();
  for (let row = 0; row < documents && different.size < paths; row++) different.add(rowOf(rows, row).join());
  if (different.size < paths)
    throw new RangeError(
      `only ${different.size} of ${documents} documents differ in their features: too few for ${paths} paths`,
    );
};

/** A number as routers keep it: seven digits, so that the artefact stays small. */
export const short = (value: number): number => Number(value.toPrecision(7));

/** Mean [D], and scale [D] so that (x - mean) * scale has a variance of 1 in each dimension that varies at all. */
export const standardiserOf = (rows: Rows): { mean: number[]; scale: number[] } => {
  const { width } = rows;
  const count = rowCount(rows);
  const mean = new Float64Array(width);
  const square = new Float64Array(width);
  for (let row = 0; row < count; row++)
    rowOf(rows, row).forEach((value, d) => {
      mean[d] = mean[d]! + value / count;
    });
  for (let row = 0; row < count; row++)
    rowOf(rows, row).forEach((value, d) => {
      square[d] = square[d]! + (value - mean[d]!) ** 2 / count;
    });
  const scale = Array.from(square, (variance, d) => {
    const deviation = Math.sqrt(variance);
    return deviation > 1e-7 * Math.abs(mean[d]!) ? short(1 / deviation) : 0;
  });
  return { mean: Array.from(mean, short), scale };
};
