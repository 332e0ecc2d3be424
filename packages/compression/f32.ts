import { type Codec, valuesIn } from './codec.ts';
import { bytesOf, floatsOf } from './float32.ts';

/** Every bit of every value: little-endian float32. */
export const f32: Codec = {
  name: 'f32',
  init: () => new Float32Array(0),
  encode: (delta, state) => ({ payload: bytesOf(delta), state }),
  decode: (payload, modules) => floatsOf(payload, valuesIn(modules)),
  decodeModule: async (read, offset, length) => floatsOf(await read(4 * offset, 4 * (offset + length)), length),
  mostBytes: (modules) => 4 * valuesIn(modules),
};
