import { PathfoldError } from '@pathfold/protocol/errors';
import { type Codec, valuesIn } from './codec.ts';

/** Every bit of every value: little-endian float32. */
export const f32: Codec = {
  name: 'f32',
  init: () => new Float32Array(0),
  encode: (delta, state) => ({ payload: new Uint8Array(delta.buffer, delta.byteOffset, delta.byteLength), state }),
  decode: (payload, modules) => floatsOf(payload, valuesIn(modules)),
  decodeModule: async (read, offset, length) => floatsOf(await read(4 * offset, 4 * (offset + length)), length),
  typicalBytes: (modules) => 4 * valuesIn(modules),
  mostBytes: (modules) => 4 * valuesIn(modules),
};

function floatsOf(bytes: Uint8Array, length: number): Float32Array {
  if (bytes.byteLength !== 4 * length)
    throw new PathfoldError('wrong_size', `${bytes.byteLength} bytes where ${length} float32 values were expected`);
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
  return new Float32Array(aligned.buffer, aligned.byteOffset, length);
}
