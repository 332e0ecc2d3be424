import type { PathfoldError } from '@pathfold/protocol/errors';
import { expect, test } from 'vitest';
import { codecOf, codecsOf } from './codecs.ts';
import { f32 } from './f32.ts';

const values = new Float32Array([0, -0, 1.5, -3.25e-12, 3.4e38, Number.NaN, Number.POSITIVE_INFINITY]);
const modules = [
  { name: 'embedding', parameterCount: 3 },
  { name: 'head', parameterCount: 4 },
];
const nothing = f32.init(modules);
const bits = (floats: Float32Array) => new Uint32Array(floats.slice().buffer);

test('f32 keeps every bit, at any alignment, and carries nothing', async () => {
  const { payload, state } = f32.encode(values, nothing, modules);
  expect(payload.byteLength).toBe(f32.mostBytes(modules));
  expect([...payload.subarray(8, 12)]).toEqual([0, 0, 0xc0, 0x3f]);
  expect(state).toHaveLength(0);
  for (const shift of [0, 1, 2, 3]) {
    const room = new Uint8Array(payload.length + shift);
    room.set(payload, shift);
    const moved = room.subarray(shift);
    expect(bits(f32.decode(moved, modules))).toEqual(bits(values));
    const head = await f32.decodeModule(async (start, end) => moved.subarray(start, end), 3, 4);
    expect(bits(head)).toEqual(bits(values.subarray(3)));
  }
});

test('f32 refuses any other size than the expected one', () => {
  const { payload } = f32.encode(values, nothing, modules);
  for (const wrong of [payload.subarray(4), payload.subarray(1), new Uint8Array(0), new Uint8Array(payload.length + 4)])
    expect(() => f32.decode(wrong, modules)).toThrow(expect.objectContaining({ code: 'wrong_size' }) as PathfoldError);
});

test('a codec that nobody has is refused by name, with those that there are', () => {
  expect(codecsOf()).toEqual([f32]);
  for (const codec of ['zip', 'toString'])
    expect(() => codecOf({ codec })).toThrow(
      expect.objectContaining({
        code: 'bad_run_spec',
        detail: `wire.codec: "${codec}" is none of f32, q`,
      }) as PathfoldError,
    );
});
