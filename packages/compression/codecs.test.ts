import type { PathfoldError } from '@pathfold/protocol/errors';
import { expect, test } from 'vitest';
import { codecOf } from './codecs.ts';

const values = new Float32Array([0, -0, 1.5, -3.25e-12, 3.4e38, Number.NaN, Number.POSITIVE_INFINITY]);

test('f32 keeps every bit, at any alignment', () => {
  const codec = codecOf('f32');
  const bytes = codec.encode(values);
  expect(bytes.byteLength).toBe(codec.encodedBytes(values.length));
  expect([...bytes.subarray(8, 12)]).toEqual([0, 0, 0xc0, 0x3f]);
  for (const shift of [0, 1, 2, 3]) {
    const room = new Uint8Array(bytes.length + shift);
    room.set(bytes, shift);
    const decoded = codec.decode(room.subarray(shift), values.length);
    expect(new Uint32Array(decoded.slice().buffer)).toEqual(new Uint32Array(values.slice().buffer));
  }
});

test('f32 refuses any other size than the expected one', () => {
  const bytes = codecOf('f32').encode(values);
  for (const wrong of [bytes.subarray(4), bytes.subarray(1), new Uint8Array(0), new Uint8Array(bytes.length + 4)])
    expect(() => codecOf('f32').decode(wrong, values.length)).toThrow(
      expect.objectContaining({ code: 'wrong_size' }) as PathfoldError,
    );
});
