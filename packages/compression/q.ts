import { PathfoldError } from '@pathfold/protocol/errors';
import type { Coarseness } from '@pathfold/protocol/run-spec';
import { type Codec, type CodedModule, valuesIn } from './codec.ts';
import { IntegerReader, IntegerWriter, mostBits } from './integers.ts';
import { END_BYTES } from './range-coder.ts';

/**
 * Payload, little-endian: version (uint8), coarseness (uint8), number of modules (uint16); for each module its step
 * (float32), number of values and of bytes (uint32 each); then the bytes of each module (`integers.ts`).
 */
const VERSION = 1;
const HEADER_BYTES = 4;
const ENTRY_BYTES = 12;
/** float32's smallest normal number; up to the other, no integer of MOST_SIZE times the step leaves float32. */
const LEAST_STEP = 2 ** -126;
const MOST_STEP = 2 ** 100;
/** Values that are integers at one time. */
const CHUNK = 4096;
/**
 * The integers' squares are at most so much on the average: rounding at most doubles a value that it keeps, and a step is
 * no less than the root mean square but for its own rounding.
 */
const MOST_SQUARE = 4 + 1e-5;
/**
 * The share of a module that arrives differs from 1 by so much at most. A module whose values are all of a size, as
 * AdamW's first steps make them, would be lost whole in a coarse step, and lost again each time: it would never move.
 */
const MOST_OFF = 0.5;

const DEFAULT: Coarseness = 2;

/**
 * Every value of a module as the nearest multiple of one step; a value half-way goes to the multiple further from zero.
 * The step is `coarseness` times the root mean square of the module, or the next smaller whole number of times with which
 * at least half and at most one and a half of the module arrives (MOST_OFF). Nothing is carried and nothing is drawn:
 * equal values give equal bytes on every machine, by IEEE 754 alone.
 * Encoding throws PathfoldError `not_finite`. Without a coarseness it takes 2, and reads any.
 */
export const q = (coarseness?: Coarseness): Codec => ({
  name: 'q',
  coarseness: coarseness ?? DEFAULT,
  init: () => new Float32Array(0),
  encode: (delta, state, modules) => ({ payload: encode(delta, modules, coarseness ?? DEFAULT), state }),
  decode(payload, modules) {
    const entries = entriesOf(payload, modules, coarseness);
    const values = new Float32Array(valuesIn(modules));
    let at = 0;
    for (const entry of entries) {
      readModule(payload.subarray(entry.start, entry.end), entry, values.subarray(at, at + entry.count));
      at += entry.count;
    }
    return values;
  },
  async decodeModule(read, offset, length) {
    const head = await read(0, HEADER_BYTES);
    const count = viewOf(head).getUint16(2, true);
    const table = await read(HEADER_BYTES, HEADER_BYTES + count * ENTRY_BYTES);
    const entries = tableOf(table);
    let before = 0;
    for (const entry of entries) {
      if (before === offset && entry.count === length) {
        const values = new Float32Array(length);
        readModule(await read(entry.start, entry.end), entry, values);
        return values;
      }
      before += entry.count;
    }
    throw new PathfoldError('bad_payload', `no module of the payload has ${length} values from ${offset} on`);
  },
  mostBytes: (modules) => tableEnd(modules.length) + modules.reduce((sum, one) => sum + mostIn(one), 0),
});

const mostIn = ({ parameterCount: count }: CodedModule): number =>
  END_BYTES + Math.ceil(mostBits(count, MOST_SQUARE * count) / 8);

const tableEnd = (modules: number): number => HEADER_BYTES + modules * ENTRY_BYTES;

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

function encode(delta: Float32Array, modules: readonly CodedModule[], coarseness: Coarseness): Uint8Array {
  const bytes = new Uint8Array(q(coarseness).mostBytes(modules));
  const view = viewOf(bytes);
  view.setUint8(0, VERSION);
  view.setUint8(1, coarseness);
  view.setUint16(2, modules.length, true);
  let entry = HEADER_BYTES;
  let start = tableEnd(modules.length);
  let offset = 0;
  for (const { name, parameterCount } of modules) {
    const values = delta.subarray(offset, offset + parameterCount);
    const step = stepOf(values, coarseness);
    if (!(step <= MOST_STEP)) throw new PathfoldError('not_finite', `the outer gradient of ${name} is not finite`);
    const end = writeModule(values, step, bytes, start);
    view.setFloat32(entry, step, true);
    view.setUint32(entry + 4, parameterCount, true);
    view.setUint32(entry + 8, end - start, true);
    entry += ENTRY_BYTES;
    start = end;
    offset += parameterCount;
  }
  return bytes.slice(0, start);
}

/** Sums are in double precision, in order. */
function stepOf(values: Float32Array, coarseness: Coarseness): number {
  let squares = 0;
  for (let i = 0; i < values.length; i++) squares += values[i]! * values[i]!;
  const meanRoot = Math.sqrt(squares / values.length);
  for (let times: number = coarseness; ; times--) {
    const step = Math.max(LEAST_STEP, Math.fround(times * meanRoot));
    if (times === 1 || !(step <= MOST_STEP)) return step;
    if (Math.abs(productWith(values, step) - squares) <= MOST_OFF * squares) return step;
  }
}

/** The inner product of values and what arrives of them. */
function productWith(values: Float32Array, step: number): number {
  let product = 0;
  for (let i = 0; i < values.length; i++) {
    const magnitude = Math.abs(values[i]!);
    product += magnitude * (Math.floor(magnitude / step + 0.5) * step);
  }
  return product;
}

/** Answers where the bytes end. */
function writeModule(values: Float32Array, step: number, bytes: Uint8Array, at: number): number {
  const writer = new IntegerWriter(bytes, at);
  const integers = new Int32Array(Math.min(CHUNK, values.length));
  for (let from = 0; from < values.length; from += CHUNK) {
    const count = Math.min(CHUNK, values.length - from);
    for (let i = 0; i < count; i++) {
      const value = values[from + i]!;
      // The quotient of two float32 values is exact enough in double precision to tell on which side of a half it is.
      const magnitude = Math.floor(Math.abs(value) / step + 0.5);
      integers[i] = value < 0 ? -magnitude : magnitude;
    }
    writer.write(integers.subarray(0, count));
  }
  return writer.end();
}

interface Entry {
  readonly step: number;
  readonly count: number;
  readonly start: number;
  readonly end: number;
}

/** The entries of a whole payload, which must be of these modules and of this coarseness and have no other bytes. */
function entriesOf(payload: Uint8Array, modules: readonly CodedModule[], coarseness?: Coarseness): Entry[] {
  const table = tableEnd(modules.length);
  if (payload.length < table)
    throw new PathfoldError('wrong_size', `${payload.length} bytes where the header alone has ${table}`);
  const version = payload[0]!;
  const told = payload[1]!;
  if (version !== VERSION) throw new PathfoldError('bad_payload', `version ${version} of q where ${VERSION} is known`);
  if (coarseness !== undefined && told !== coarseness)
    throw new PathfoldError('bad_payload', `coarseness ${told} where the task asks for ${coarseness}`);
  const count = viewOf(payload).getUint16(2, true);
  if (count !== modules.length)
    throw new PathfoldError('bad_payload', `${count} modules where the task has ${modules.length}`);
  const entries = tableOf(payload.subarray(HEADER_BYTES, table));
  for (const [i, { name, parameterCount }] of modules.entries())
    if (entries[i]!.count !== parameterCount)
      throw new PathfoldError('bad_payload', `${entries[i]!.count} values of ${name}, which has ${parameterCount}`);
  const end = entries.at(-1)?.end ?? table;
  if (payload.length !== end) throw new PathfoldError('wrong_size', `${payload.length} bytes where ${end} are told`);
  return entries;
}

function tableOf(table: Uint8Array): Entry[] {
  const view = viewOf(table);
  let end = HEADER_BYTES + table.length;
  return Array.from({ length: table.length / ENTRY_BYTES }, (_, i) => {
    const start = end;
    end += view.getUint32(ENTRY_BYTES * i + 8, true);
    const step = view.getFloat32(ENTRY_BYTES * i, true);
    if (!(step >= LEAST_STEP && step <= MOST_STEP)) throw new PathfoldError('bad_payload', `a step of ${step}`);
    return { step, count: view.getUint32(ENTRY_BYTES * i + 4, true), start, end };
  });
}

/** Reads the values of a module. Looks at integers before it makes floats of them. */
function readModule(bytes: Uint8Array, { step, count }: Entry, values: Float32Array): void {
  const reader = new IntegerReader(bytes);
  const integers = new Int32Array(Math.min(CHUNK, count));
  const most = MOST_SQUARE * count;
  let squares = 0;
  for (let from = 0; from < count; from += CHUNK) {
    const chunk = integers.subarray(0, Math.min(CHUNK, count - from));
    reader.read(chunk);
    for (let i = 0; i < chunk.length; i++) squares += chunk[i]! * chunk[i]!;
    if (squares > most) throw new PathfoldError('bad_payload', 'values too large for their step');
    for (let i = 0; i < chunk.length; i++) values[from + i] = chunk[i]! * step;
  }
  reader.end();
}
