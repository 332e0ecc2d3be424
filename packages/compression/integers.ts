import { PathfoldError } from '@pathfold/protocol/errors';
import { evens, MOST_BITS, RangeDecoder, RangeEncoder } from './range-coder.ts';

/**
 * Integers near zero as bits. The size of one, the bits of its magnitude (0 for 0, 2 for 2 and 3), is written in unary in
 * the context of the sizes of the two before it; then its sign; then what follows the leading one of the magnitude, the
 * first bit in the context of the size, the others evenly.
 */

/** The largest size there is. */
export const MOST_SIZE = 24;
/** From which on sizes are equal as context. */
const LARGE = 2;
const NEIGHBOURS = (LARGE + 1) ** 2;
const SECOND = NEIGHBOURS * MOST_SIZE;
const CONTEXTS = SECOND + MOST_SIZE + 1;

/**
 * Bits that `count` integers cost at most when the sum of their squares is `squares`: one for each and two for each bit of
 * its size. A size is at most its square, and at most (2 + square) / 3.
 */
export const mostBits = (count: number, squares: number): number =>
  MOST_BITS * (count + 2 * Math.min(squares, (2 * count + squares) / 3));

/** The same for integers that are at hand. */
export function mostBitsOf(integers: Int32Array): number {
  let sizes = 0;
  for (let i = 0; i < integers.length; i++) sizes += 32 - Math.clz32(Math.abs(integers[i]!));
  return MOST_BITS * (integers.length + 2 * sizes);
}

const contextAfter = (context: number, size: number): number =>
  (context % (LARGE + 1)) * (LARGE + 1) + Math.min(size, LARGE);

export class IntegerWriter {
  readonly #coder: RangeEncoder;
  readonly #zeros = evens(CONTEXTS);
  #context = 0;

  constructor(bytes: Uint8Array, at: number) {
    this.#coder = new RangeEncoder(bytes, at);
  }

  /** Each of a size up to MOST_SIZE. */
  write(integers: Int32Array): void {
    const coder = this.#coder;
    const zeros = this.#zeros;
    let context = this.#context;
    for (let i = 0; i < integers.length; i++) {
      const integer = integers[i]!;
      const magnitude = Math.abs(integer);
      const size = 32 - Math.clz32(magnitude);
      const first = context * MOST_SIZE;
      for (let k = 0; k < size; k++) coder.put(zeros, first + k, 1);
      if (size < MOST_SIZE) coder.put(zeros, first + size, 0);
      if (size > 0) {
        coder.putEven(integer < 0 ? 1 : 0, 1);
        if (size > 1) {
          coder.put(zeros, SECOND + size, (magnitude >>> (size - 2)) & 1);
          coder.putEven(magnitude, size - 2);
        }
      }
      context = contextAfter(context, size);
    }
    this.#context = context;
  }

  /** Answers where the bytes end. */
  end(): number {
    this.#coder.end();
    return this.#coder.at;
  }
}

export class IntegerReader {
  readonly #coder: RangeDecoder;
  readonly #zeros = evens(CONTEXTS);
  #context = 0;

  constructor(bytes: Uint8Array) {
    this.#coder = new RangeDecoder(bytes);
  }

  read(integers: Int32Array): void {
    const coder = this.#coder;
    const zeros = this.#zeros;
    let context = this.#context;
    for (let i = 0; i < integers.length; i++) {
      const first = context * MOST_SIZE;
      let size = 0;
      while (size < MOST_SIZE && coder.get(zeros, first + size) === 1) size++;
      let integer = size;
      if (size > 0) {
        const isNegative = coder.getEven(1) === 1;
        let magnitude = 1;
        if (size > 1) {
          const rest = size - 2;
          magnitude = ((2 | coder.get(zeros, SECOND + size)) << rest) | coder.getEven(rest);
        }
        integer = isNegative ? -magnitude : magnitude;
      }
      integers[i] = integer;
      context = contextAfter(context, size);
    }
    this.#context = context;
  }

  /** Throws PathfoldError `bad_payload` unless a writer of these integers ends with the same bytes. */
  end(): void {
    if (!this.#coder.isAtEnd())
      throw new PathfoldError('bad_payload', 'the bytes of a module do not end with its values');
  }
}
