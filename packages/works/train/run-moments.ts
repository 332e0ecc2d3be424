import type { Moments } from '@pathfold/optim/inner/adamw';

/** AdamW's moments as they are kept between leases: after which inner step of the run, and over how many of them. */
const HEADER = 2 * Float64Array.BYTES_PER_ELEMENT;

/** Layout: float64 step of the run, float64 steps seen, float32 m, float32 v. This machine's own file: its byte order. */
export function encodeMoments(moments: Moments, globalStep: number): Uint8Array {
  const { m, v, steps } = moments;
  const bytes = new Uint8Array(HEADER + m.byteLength + v.byteLength);
  new Float64Array(bytes.buffer, 0, 2).set([globalStep, steps]);
  new Float32Array(bytes.buffer, HEADER, m.length).set(m);
  new Float32Array(bytes.buffer, HEADER + m.byteLength, v.length).set(v);
  return bytes;
}

/** Null when they do not belong here: another size, or from a step that the run, rolled back since, has not reached. */
export function decodeMoments(bytes: Uint8Array, parameterCount: number, globalStep: number): Moments | null {
  if (bytes.byteLength !== HEADER + 8 * parameterCount) return null;
  const { buffer } = bytes.slice();
  const [step, steps] = new Float64Array(buffer, 0, 2) as unknown as [number, number];
  if (step > globalStep) return null;
  const m = new Float32Array(buffer, HEADER, parameterCount);
  return { m, v: new Float32Array(buffer, HEADER + m.byteLength, parameterCount), steps };
}
