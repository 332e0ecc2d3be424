import { PathfoldError } from '@pathfold/protocol/errors';
import type { Codec } from './codec.ts';

/** Raw little-endian float32, the layout of module blobs (protocol/blob.ts). */
export const f32: Codec = {
  name: 'f32',
  encodedBytes: (length) => 4 * length,
  encode: (values) => new Uint8Array(values.buffer, values.byteOffset, values.byteLength),
  decode(bytes, length) {
    if (bytes.byteLength !== 4 * length)
      throw new PathfoldError('wrong_size', `${bytes.byteLength} bytes where ${length} float32 values were expected`);
    const aligned = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
    return new Float32Array(aligned.buffer, aligned.byteOffset, length);
  },
};
