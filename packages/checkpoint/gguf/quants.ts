import { halfBytesOf, halvesOf } from '@pathfold/compression/half';
import { bytesOf } from '../layout.ts';
import type { EncodedTensor, TensorType } from './encode.ts';

/** Values that share one scale. */
const BLOCK = 32;

/** float32 arithmetic, as the reference computes. */
const { fround } = Math;
const inverse = (scale: number): number => (scale === 0 ? 0 : fround(1 / scale));

/** The value of largest magnitude, with its sign; the first among equals. */
const largest = (block: Float32Array): number =>
  block.reduce((most, value) => (Math.abs(value) > Math.abs(most) ? value : most), 0);

/** To the nearest integer, a tie away from zero. */
const roundAway = (value: number): number => Math.sign(value) * Math.floor(Math.abs(value) + 0.5);

/** How a block becomes bytes: a float16 scale, then the codes. */
interface Quantisation {
  readonly codeBytes: number;
  scaleOf(block: Float32Array): number;
  /** `inverse`: 1 / scale in float32, before the scale is rounded to float16. */
  code(block: Float32Array, inverse: number, codes: Uint8Array): void;
}

/** `quantize_row_q8_0_ref` and `quantize_row_q4_0_ref` of ggml (ggml-quants.c). */
const QUANTISATIONS: Readonly<Record<'Q8_0' | 'Q4_0', Quantisation>> = {
  Q8_0: {
    codeBytes: BLOCK,
    scaleOf: (block) => fround(Math.abs(largest(block)) / 127),
    code(block, inverse, codes) {
      for (let i = 0; i < BLOCK; i++) codes[i] = roundAway(fround(block[i]! * inverse));
    },
  },
  Q4_0: {
    codeBytes: BLOCK / 2,
    scaleOf: (block) => fround(largest(block) / -8),
    code(block, inverse, codes) {
      const codeOf = (value: number) => Math.min(15, Math.trunc(fround(fround(value * inverse) + 8.5)));
      for (let i = 0; i < BLOCK / 2; i++) codes[i] = codeOf(block[i]!) | (codeOf(block[i + BLOCK / 2]!) << 4);
    },
  },
};

const SCALE_BYTES = 2;

const quantised = (values: Float32Array, { codeBytes, scaleOf, code }: Quantisation): Uint8Array => {
  const blocks = values.length / BLOCK;
  const scales = new Float32Array(blocks);
  const bytes = new Uint8Array(blocks * (SCALE_BYTES + codeBytes));
  for (let b = 0; b < blocks; b++) {
    const block = values.subarray(b * BLOCK, (b + 1) * BLOCK);
    scales[b] = scaleOf(block);
    const at = b * (SCALE_BYTES + codeBytes) + SCALE_BYTES;
    code(block, inverse(scales[b]!), bytes.subarray(at, at + codeBytes));
  }
  const halves = halfBytesOf(halvesOf(scales));
  for (let b = 0; b < blocks; b++)
    bytes.set(halves.subarray(b * SCALE_BYTES, (b + 1) * SCALE_BYTES), b * (SCALE_BYTES + codeBytes));
  return bytes;
};

/**
 * A tensor's values in a type. A vector stays F32, as llama.cpp asks of norms. A matrix whose rows are no whole blocks is
 * F16 in place of Q8_0 and Q4_0.
 */
export const encodeTensor = (
  values: Float32Array,
  shape: readonly number[],
  type: Exclude<TensorType, 'F32'>,
): Pick<EncodedTensor, 'type' | 'bytes'> => {
  if (shape.length === 1) return { type: 'F32', bytes: bytesOf(values) };
  if (type === 'F16' || shape.at(-1)! % BLOCK !== 0) return { type: 'F16', bytes: halfBytesOf(halvesOf(values)) };
  return { type, bytes: quantised(values, QUANTISATIONS[type]) };
};
