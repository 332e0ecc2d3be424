import type { PathfoldError } from '@pathfold/protocol/errors';
import { describe, expect, test } from 'vitest';
import { codecOf, codecsOf } from './codecs.ts';
import { IntegerWriter } from './integers.ts';
import { bytesAt, partsOf, playCases } from './q.fixture.ts';
import { q } from './q.ts';

const modules = [
  { name: 'embedding', parameterCount: 8 },
  { name: 'head', parameterCount: 3 },
];
/** The root mean square is 1. */
const values = new Float32Array([0.5, -0.5, 0.5, 1.5, -1.5, 0.5, -1.5, -0.5, 0, 0, Math.sqrt(3)]);
const fine = q(1);
const { payload } = fine.encode(values, fine.init(modules), modules);

const refused = (code: string, detail: string) =>
  expect.objectContaining({ code, detail: expect.stringContaining(detail) }) as PathfoldError;

test('a value half-way between two multiples of the step goes away from zero; zeros stay', () => {
  expect([...fine.decode(payload, modules)]).toEqual([1, -1, 1, 2, -2, 1, -2, -1, 0, 0, 2]);
  expect(partsOf(payload).map(({ step, count }) => [step, count])).toEqual([
    [1, 8],
    [1, 3],
  ]);
});

test('T3a: the bytes are these', () => {
  expect(Buffer.from(payload).toString('hex')).toMatchInlineSnapshot(
    `"020102000000803f0800000007000000030000000400000096633561ac9d80313fcf04"`,
  );
});

test('a module is read by its range alone', async () => {
  const ranges: [number, number][] = [];
  const read = (start: number, end: number) => {
    ranges.push([start, end]);
    return bytesAt(payload)(start, end);
  };
  const head = await fine.decodeModule(read, 8, 3);
  expect([...head]).toEqual([0, 0, 2]);
  const { bytes } = partsOf(payload)[1]!;
  expect(ranges).toEqual([
    [0, 8],
    [0, 24],
    [payload.length - bytes.length, payload.length],
  ]);
  await expect(fine.decodeModule(read, 3, 8)).rejects.toThrow(refused('bad_payload', '8 values from 3 on'));
});

const changed = (change: (view: DataView) => void) => {
  const copy = payload.slice();
  change(new DataView(copy.buffer));
  return copy;
};
const twice = Float32Array.from(values, (value) => 2 * value);
const step = (value: number) => changed((view) => view.setFloat32(4, value, true));

describe('T3a: what encode never writes is refused', () => {
  test.each([
    ['another version', changed((view) => view.setUint8(0, 1)), 'bad_payload', 'version 1'],
    ['another coarseness', q(2).encode(values, fine.init(modules), modules).payload, 'bad_payload', 'coarseness 2'],
    ['a module too many', changed((view) => view.setUint16(2, 3, true)), 'bad_payload', '3 modules'],
    ['values too many', changed((view) => view.setUint32(8, 2 ** 31, true)), 'bad_payload', '2147483648 values'],
    ['a step that is NaN', step(Number.NaN), 'bad_payload', 'a step of NaN'],
    ['an infinite step', step(Number.POSITIVE_INFINITY), 'bad_payload', 'a step of Infinity'],
    ['a step of zero', step(0), 'bad_payload', 'a step of 0'],
    ['a negative step', step(-1), 'bad_payload', 'a step of -1'],
    ['less than a header', payload.slice(0, 20), 'wrong_size', '20 bytes'],
    ['lengths that do not add up', changed((view) => view.setUint32(12, 5, true)), 'wrong_size', 'are told'],
    ['bytes after the end', Uint8Array.of(...payload, 0), 'wrong_size', 'are told'],
    ['a size over the largest', changed((view) => new Uint8Array(view.buffer).fill(255, 24)), 'bad_payload', ''],
  ])('%s', (_, bytes, code, detail) => {
    expect(() => fine.decode(bytes, modules)).toThrow(refused(code, detail));
  });

  test('values that no step of their own would leave so large', () => {
    const { bytes } = partsOf(payload)[1]!;
    const room = new Uint8Array(64);
    const writer = new IntegerWriter(room, 0);
    writer.write(Int32Array.of(3, 0, 0, 0, 0, 0, 6, 0));
    const first = room.slice(0, writer.end());
    const large = Uint8Array.of(...payload.subarray(0, 24), ...first, ...bytes);
    new DataView(large.buffer).setUint32(12, first.length, true);
    for (const read of [fine.decode, (all: Uint8Array) => fine.norm!(all, modules, 100)])
      expect(() => read(large, modules)).toThrow(refused('bad_payload', 'too large for their step'));
  });
});

describe('the norm of a payload', () => {
  test('is that of what was encoded, or of what arrives where that is larger', () => {
    expect(fine.norm!(payload, modules, 4.6)).toBeCloseTo(Math.sqrt(21), 12);
    const coarse = q(4);
    const { payload: sent } = coarse.encode(values, coarse.init(modules), modules);
    expect(coarse.decode(sent, modules)).toEqual(new Float32Array(11));
    expect(coarse.norm!(sent, modules, 100)).toBeCloseTo(Math.sqrt(11), 12);
  });

  test('is refused by the step, before an integer is read', () => {
    const head = payload.slice();
    head.fill(255, 24);
    expect(() => fine.norm!(head, modules, 3.3)).toThrow(refused('norm_out_of_bounds', 'a step for a norm of 3.3166'));
  });
});

test('a step follows its values; what is not finite is not encoded', () => {
  expect(partsOf(fine.encode(twice, fine.init(modules), modules).payload)[0]!.step).toBe(2);
  expect(partsOf(q(3).encode(values, fine.init(modules), modules).payload)[1]!.step).toBe(3);
  for (const bad of [Number.NaN, Number.NEGATIVE_INFINITY])
    expect(() => fine.encode(values.with(9, bad), fine.init(modules), modules)).toThrow(
      refused('not_finite', 'of head'),
    );
});

test('a run chooses the coarseness of q, and of no other codec', () => {
  expect(codecOf({ codec: 'q' }).coarseness).toBe(2);
  expect(codecOf({ codec: 'q', coarseness: 4 }).coarseness).toBe(4);
  expect(codecsOf({ codec: 'q', coarsest: 3 }).map(({ coarseness }) => coarseness)).toEqual([1, 2, 3]);
  expect(codecsOf({ codec: 'q' })).toHaveLength(2);
  expect(() => codecsOf({ codec: 'f32', coarsest: 2 })).toThrow(refused('bad_run_spec', 'f32 has none'));
});

test('100,000 cases: there and back exactly, the same bytes each time, garbage refused or canonical', () =>
  playCases(1, 100_000));
