import { PathfoldError } from '@pathfold/protocol/errors';
import type { Coarseness } from '@pathfold/protocol/run-spec';
import { expect } from 'vitest';
import type { CodedModule } from './codec.ts';
import { IntegerWriter } from './integers.ts';
import { q } from './q.ts';

type Draw = () => number;

/** Marsaglia's xorshift of 32 bits, as numbers in [0, 1). */
const drawFrom = (seed: number): Draw => {
  let state = seed || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
};
const below = (draw: Draw, most: number): number => Math.floor(draw() * most);

/** One value of a module after another. */
const VALUES: ((draw: Draw) => (i: number) => number)[] = [
  (draw) => () => draw() - 0.5,
  // Heavy tails.
  (draw) => () => (draw() - 0.5) * Math.exp(20 * draw() ** 4),
  // Mostly nothing.
  (draw) => () => (draw() < 0.02 ? draw() - 0.5 : 0),
  () => () => 0,
  // All of one size, the signs in turn.
  (draw) => {
    const size = draw();
    return (i) => (i % 2 === 0 ? size : -size);
  },
  // Steps of 1 and values half-way between two, at coarseness 1.
  () => (i) => (i % 8 < 5 ? 0.5 : -1.5),
  // The worst case of a coder: nothing for long, then as much as coarseness allows.
  (draw) => {
    const calm = below(draw, 200);
    return (i) => (i % 200 < calm ? 0 : i % 2);
  },
  // The ends of float32.
  (draw) => () => (draw() - 0.5) * 2 ** -126,
  (draw) => () => (draw() - 0.5) * 2 ** -148,
  (draw) => () => (draw() - 0.5) * 2 ** 98,
];

const COARSENESSES: readonly Coarseness[] = [1, 2, 3, 4];

export const bytesAt = (payload: Uint8Array) => async (start: number, end: number) => payload.slice(start, end);

/** The parts of a payload, read without the code that wrote it. */
export function partsOf(payload: Uint8Array) {
  const view = new DataView(payload.buffer, payload.byteOffset);
  const step = view.getFloat32(4, true);
  let start = 8 + 8 * view.getUint16(2, true);
  return Array.from({ length: view.getUint16(2, true) }, (_, i) => {
    const bytes = payload.subarray(start, start + view.getUint32(12 + 8 * i, true));
    start += bytes.length;
    return { step, count: view.getUint32(8 + 8 * i, true), bytes };
  });
}

/** Whether a payload is, byte for byte, what its own integers are written as. */
function expectCanonical(payload: Uint8Array, decoded: Float32Array): void {
  let at = 0;
  for (const { step, count, bytes } of partsOf(payload)) {
    const integers = Int32Array.from(decoded.subarray(at, at + count), (value) => Math.round(value / step));
    const again = new Uint8Array(16 * count + 64);
    const writer = new IntegerWriter(again, 0);
    writer.write(integers);
    const written = again.subarray(0, writer.end());
    if (Buffer.compare(written, bytes) !== 0) expect(hexOf(written)).toBe(hexOf(bytes));
    at += count;
  }
}

/** The outcome for random bytes, or for a payload with some of its bytes changed, cut off or added. */
function tryGarbage(draw: Draw, payload: Uint8Array, modules: readonly CodedModule[], coarseness: Coarseness): boolean {
  const kind = below(draw, 5);
  const start = below(draw, payload.length);
  const garbage =
    kind === 0
      ? Uint8Array.from({ length: below(draw, 2 * payload.length) }, () => below(draw, 256))
      : kind === 1
        ? payload.slice(0, start)
        : kind === 2
          ? Uint8Array.of(...payload, ...payload.subarray(start))
          : payload.map((byte, i) => (i === start || (kind === 4 && i > start) ? below(draw, 256) : byte));
  try {
    expectCanonical(garbage, q(coarseness).decode(garbage, modules));
    return true;
  } catch (error) {
    if (error instanceof PathfoldError && (error.code === 'bad_payload' || error.code === 'wrong_size')) return false;
    throw error;
  }
}

/** Plays one case of a seed: modules with values there and back, then garbage. Answers whether the garbage was taken. */
export async function playCase(seed: number): Promise<boolean> {
  const draw = drawFrom(seed);
  for (let i = 0; i < 4; i++) draw();
  const modules = Array.from({ length: 1 + below(draw, 3) }, (_, i) => ({
    name: `level${i}`,
    parameterCount: 1 + below(draw, draw() < 0.02 ? 400 : 12),
  }));
  const parts = modules.map(({ parameterCount }) =>
    Float32Array.from({ length: parameterCount }, (_, i) => i).map(VALUES[below(draw, VALUES.length)]!(draw)),
  );
  const values = Float32Array.from(parts.flatMap((part) => [...part]));
  const coarseness = COARSENESSES[below(draw, 4)]!;
  const codec = q(coarseness);
  const { payload } = codec.encode(values, codec.init(modules), modules);
  const decoded = codec.decode(payload, modules);
  if (payload.length > codec.mostBytes(modules)) expect(payload.length).toBeLessThanOrEqual(codec.mostBytes(modules));
  const norm = codec.norm!(payload, modules, Number.POSITIVE_INFINITY);
  if (norm < (1 - 1e-6) * Math.hypot(...decoded)) expect(norm).toBe(Math.hypot(...decoded));
  let at = 0;
  for (const { step, count } of partsOf(payload)) {
    for (let i = at; i < at + count; i++) {
      const integer = Math.round(decoded[i]! / step);
      const isNearest = Math.abs(values[i]! - integer * step) <= step / 2;
      if (!isNearest || decoded[i] !== Math.fround(integer * step)) expect([values[i], decoded[i], step]).toBeNull();
    }
    const module = await codec.decodeModule(bytesAt(payload), at, count);
    if (Buffer.compare(bytesOf(module), bytesOf(decoded.subarray(at, at + count))) !== 0)
      expect(module).toEqual(decoded.subarray(at, at + count));
    at += count;
  }
  const again = q(coarseness).encode(values, codec.init(modules), modules).payload;
  if (Buffer.compare(payload, again) !== 0) expect(hexOf(again)).toBe(hexOf(payload));
  expectCanonical(payload, decoded);
  return tryGarbage(draw, payload, modules, coarseness);
}

const hexOf = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array) => Buffer.from(buffer, byteOffset, byteLength);

/** Plays as many cases as told. A failure names its seed. */
export async function playCases(first: number, count: number): Promise<void> {
  let taken = 0;
  for (let seed = first; seed < first + count; seed++)
    try {
      if (await playCase(seed)) taken++;
    } catch (error) {
      throw new Error(`seed ${seed}: ${(error as Error).message}`, { cause: error });
    }
  console.log(`q: seeds ${first} to ${first + count - 1}, garbage taken as values ${taken} times`);
  expect(taken).toBeLessThan(count / 10);
}
