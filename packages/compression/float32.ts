import { PathfoldError } from '@pathfold/protocol/errors';

/** Little-endian float32, as module blobs hold them (protocol/blob.ts). Shares memory with `values`. */
export const bytesOf = (values: Float32Array): Uint8Array =>
  new Uint8Array(values.buffer, values.byteOffset, values.byteLength);

/** Exactly `length` values; may share memory with `bytes`. Throws PathfoldError `wrong_size` for any other size. */
export function floatsOf(bytes: Uint8Array, length: number): Float32Array {
  if (bytes.byteLength !== 4 * length)
    throw new PathfoldError('wrong_size', `${bytes.byteLength} bytes where ${length} float32 values were expected`);
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
  return new Float32Array(aligned.buffer, aligned.byteOffset, length);
}
