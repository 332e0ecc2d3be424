/** Turns the float32 values of one module into bytes and back. */
export interface Codec {
  readonly name: string;
  /** Size of `length` encoded values. Additive: a module's place in a contribution follows from the values before it. */
  encodedBytes(length: number): number;
  /** The encoded values; may share memory with `values`. */
  encode(values: Float32Array): Uint8Array;
  /** Exactly `length` values; may share memory with `bytes`. Throws PathfoldError `wrong_size` for any other size. */
  decode(bytes: Uint8Array, length: number): Float32Array;
}
