import type { Moments } from '@pathfold/optim/inner/adamw';

/** The state that a volunteer carries along a path from one accepted contribution to its next. */
export interface Carried {
  /** AdamW's; empty where gradients are exchanged. */
  readonly moments: Moments;
  /** The codec's. */
  readonly codecState: Float32Array;
}

/** The version of the path's first module that it is of, and the inner steps that the moments have seen. */
const HEADER = 2 * Float64Array.BYTES_PER_ELEMENT;

/** Layout: float64 version, float64 steps seen, float32 m, v, codec state. This machine's own file: its byte order. */
export function encodeCarried({ moments: { m, v, steps }, codecState }: Carried, version: number): Uint8Array {
  const bytes = new Uint8Array(HEADER + m.byteLength + v.byteLength + codecState.byteLength);
  new Float64Array(bytes.buffer, 0, 2).set([version, steps]);
  const floats = new Float32Array(bytes.buffer, HEADER);
  floats.set(m);
  floats.set(v, m.length);
  floats.set(codecState, 2 * m.length);
  return bytes;
}

/**
 * Null when they do not belong here: another size, or from a version that the run, rolled back since, has not reached.
 * Lengths in floats.
 */
export function decodeCarried(
  bytes: Uint8Array,
  momentLength: number,
  codecLength: number,
  version: number,
): Carried | null {
  if (bytes.byteLength !== HEADER + 4 * (2 * momentLength + codecLength)) return null;
  const { buffer } = bytes.slice();
  const [from, steps] = new Float64Array(buffer, 0, 2) as unknown as [number, number];
  if (from > version) return null;
  const floats = new Float32Array(buffer, HEADER);
  const v = floats.subarray(momentLength, 2 * momentLength);
  return {
    moments: { m: floats.subarray(0, momentLength), v, steps },
    codecState: floats.subarray(2 * momentLength),
  };
}
