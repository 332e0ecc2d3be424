/**
 * IEEE 754 binary16 as bits. Rounds to the nearest, a tie to the even one; a value beyond the largest becomes the largest.
 * In integers, since Math.f16round is not everywhere.
 */

const MOST = 0x7bff;
/** float32 bits of 2^-14, the least normal half; of 65520, from which on a half would be infinite. */
const NORMAL = 0x38800000;
const BEYOND = 0x477ff000;
/** The difference of the exponents' biases, in the place of float32's exponent. */
const REBIAS = 112 << 23;

/** Halves as a blob; shares memory with them. */
export const halfBytesOf = ({ buffer, byteOffset, byteLength }: Uint16Array): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);

/** The halves in a blob, in memory of their own. */
export const halvesIn = (blob: Uint8Array): Uint16Array =>
  new Uint16Array(new Uint8Array(blob).buffer, 0, blob.byteLength >> 1);

/** As many bits as values. */
export function halvesOf(values: Float32Array): Uint16Array {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const halves = new Uint16Array(values.length);
  for (let i = 0; i < halves.length; i++) {
    const sign = (bits[i]! >>> 16) & 0x8000;
    const rest = bits[i]! & 0x7fffffff;
    halves[i] = sign | (rest >= BEYOND ? MOST : rest >= NORMAL ? normalOf(rest) : subnormalOf(Math.abs(values[i]!)));
  }
  return halves;
}

const normalOf = (rest: number): number => (rest - REBIAS + 0xfff + ((rest >>> 13) & 1)) >>> 13;

function subnormalOf(magnitude: number): number {
  const parts = magnitude * 2 ** 24;
  const low = Math.floor(parts);
  const over = parts - low;
  return over > 0.5 || (over === 0.5 && low % 2 === 1) ? low + 1 : low;
}

/** The values of halves that `halvesOf` made, exactly. */
export function valuesOf(halves: Uint16Array): Float32Array {
  const values = new Float32Array(halves.length);
  const bits = new Uint32Array(values.buffer);
  for (let i = 0; i < halves.length; i++) {
    const half = halves[i]!;
    const sign = (half & 0x8000) << 16;
    if ((half & 0x7c00) !== 0) bits[i] = sign | (((half & 0x7fff) << 13) + REBIAS);
    else {
      values[i] = (half & 0x3ff) * 2 ** -24;
      bits[i]! |= sign;
    }
  }
  return values;
}
