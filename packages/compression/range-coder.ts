import { PathfoldError } from '@pathfold/protocol/errors';

/**
 * An adaptive binary range coder (G. N. N. Martin, 1979; the form of LZMA's, with a window of 30 bits, which JavaScript
 * engines keep as small integers, and probabilities of 16 bits). All of it is integer arithmetic: equal bits everywhere.
 */

/** The window holds at most so many bits; below `LEAST` eight of them move out. */
const WINDOW_BITS = 30;
const CARRY = 2 ** WINDOW_BITS;
const OUT = WINDOW_BITS - 8;
const LEAST = 2 ** OUT;
/** A probability counts in parts of 2^16, moves 1/2^6 of its way at each bit, and divides the range in parts of 2^12. */
const CERTAIN = 2 ** 16;
const RATE = 6;
const PART_BITS = 12;
const TO_PARTS = 4;

/**
 * Bits that an adaptive bit costs at most in a long row, whatever the row: the costliest cycle of the states that a
 * probability has under RATE costs 1.0124, and no start costs more than one at evens.
 */
export const MOST_BITS = 1.0125;
/** Bytes that a coder adds to what its bits cost. */
export const END_BYTES = 4;

/** Probabilities of a zero, one a context, at evens. */
export const evens = (contexts: number): Uint16Array => new Uint16Array(contexts).fill(CERTAIN / 2);

/** Writes bits from `at` of `bytes` on, which has room for them. */
export class RangeEncoder {
  readonly #bytes: Uint8Array;
  #low = 0;
  #range = CARRY - 1;
  at: number;

  constructor(bytes: Uint8Array, at: number) {
    this.#bytes = bytes;
    this.at = at;
  }

  /** By the probability of its context, which learns from it. */
  put(zeros: Uint16Array, context: number, bit: number): void {
    const zero = zeros[context]!;
    const bound = (this.#range >>> PART_BITS) * (zero >>> TO_PARTS);
    if (bit === 0) {
      this.#range = bound;
      zeros[context] = zero + ((CERTAIN - zero) >> RATE);
    } else {
      this.#range -= bound;
      zeros[context] = zero - (zero >> RATE);
      this.#raise(bound);
    }
    if (this.#range < LEAST) this.#shift();
  }

  /** The `count` lowest bits of a number, each as likely as not, the highest first. */
  putEven(bits: number, count: number): void {
    for (let i = count - 1; i >= 0; i--) {
      this.#range >>>= 1;
      if ((bits >>> i) & 1) this.#raise(this.#range);
      if (this.#range < LEAST) this.#shift();
    }
  }

  /** Writes what is left in the window. */
  end(): void {
    for (let i = 0; i < END_BYTES; i++) this.#push();
  }

  #raise(by: number): void {
    this.#low += by;
    if (this.#low < CARRY) return;
    this.#low -= CARRY;
    let at = this.at - 1;
    while (this.#bytes[at] === 255) this.#bytes[at--] = 0;
    this.#bytes[at]!++;
  }

  #shift(): void {
    while (this.#range < LEAST) {
      this.#push();
      this.#range <<= 8;
    }
  }

  #push(): void {
    this.#bytes[this.at++] = this.#low >>> OUT;
    this.#low = (this.#low & (LEAST - 1)) << 8;
  }
}

/** Reads what an encoder wrote, from bytes that hold nothing else. Throws PathfoldError `bad_payload` where they end too early. */
export class RangeDecoder {
  readonly #bytes: Uint8Array;
  #code: number;
  #range = CARRY - 1;
  #at = 0;
  /** The last byte: the window ends two bits before it does. */
  #last = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#code = 0;
    for (let i = 0; i < END_BYTES; i++) this.#pull();
  }

  get(zeros: Uint16Array, context: number): number {
    const zero = zeros[context]!;
    const bound = (this.#range >>> PART_BITS) * (zero >>> TO_PARTS);
    const isZero = this.#code < bound;
    if (isZero) {
      this.#range = bound;
      zeros[context] = zero + ((CERTAIN - zero) >> RATE);
    } else {
      this.#code -= bound;
      this.#range -= bound;
      zeros[context] = zero - (zero >> RATE);
    }
    if (this.#range < LEAST) this.#shift();
    return isZero ? 0 : 1;
  }

  getEven(count: number): number {
    let bits = 0;
    for (let i = 0; i < count; i++) {
      this.#range >>>= 1;
      const bit = this.#code < this.#range ? 0 : 1;
      if (bit) this.#code -= this.#range;
      bits = 2 * bits + bit;
      if (this.#range < LEAST) this.#shift();
    }
    return bits;
  }

  /** Whether these are exactly the bytes of an encoder that wrote what was read, to the last one. */
  isAtEnd(): boolean {
    return this.#code === 0 && (this.#last & 3) === 0 && this.#at === this.#bytes.length;
  }

  #shift(): void {
    while (this.#range < LEAST) {
      this.#pull();
      this.#range <<= 8;
    }
  }

  #pull(): void {
    if (this.#at === this.#bytes.length) throw new PathfoldError('bad_payload', 'the bytes of a module end too early');
    const byte = this.#bytes[this.#at++]!;
    this.#code = (this.#code << 8) | ((this.#last & 3) << 6) | (byte >>> 2);
    this.#last = byte;
  }
}
