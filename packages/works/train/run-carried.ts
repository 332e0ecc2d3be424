import type { Moments } from '@pathfold/optim/inner/adamw';

/** AdamW's moments as they are kept between leases: from which version of the path's first module on, and over how many inner steps. */
const HEADER = 2 * Float64Array.BYTES_PER_ELEMENT;

/** Layout: float64 version, float64 steps seen, float32 m, float32 v. This machine's own file: its byte order. */
export function encodeMoments(moments: Moments, version: number): Uint8Array {
  const { m, v, steps } = moments;
  const bytes = new Uint8Array(HEADER + m.byteLength + v.byteLength);
  new Float64Array(bytes.buffer, 0, 2).set([version, steps]);
  new Float32Array(bytes.buffer, HEADER, m.length).set(m);
  new Float32Array(bytes.buffer, HEADER + m.byteLength, v.length).set(v);
  return bytes;
}

/** Null when they do not belong here: another size, or from a version that the run, rolled back since, has not reached. */
export function decodeMoments(bytes: Uint8Array, parameterCount: number, version: number): Moments | null {
  if (bytes.byteLength !== HEADER + 8 * parameterCount) return null;
  const { buffer } = bytes.slice();
  const [from, steps] = new Float64Array(buffer, 0, 2) as unknown as [number, number];
  if (from > version) return null;
  const m = new Float32Array(buffer, HEADER, parameterCount);
  return { m, v: new Float32Array(buffer, HEADER + m.byteLength, parameterCount), steps };
}
