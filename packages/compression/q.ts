import { PathfoldError } from '@pathfold/protocol/errors';
import type { Coarseness } from '@pathfold/protocol/run-spec';
import { type Codec, type CodedModule, valuesIn } from './codec.ts';
import { IntegerReader, IntegerWriter, mostBits } from './integers.ts';
import { END_BYTES } from './range-coder.ts';

/**
 * Payload, little-endian: version (uint8), coarseness (uint8), number of modules (uint16), step (float32); for each module
 * its number of values and of bytes (uint32 each); then the bytes of each module (`integers.ts`).
 */
const VERSION = 2;
const HEADER_BYTES = 8;
const ENTRY_BYTES = 8;
/** float32's smallest normal number; up to the other, no integer of MOST_SIZE times the step leaves float32. */
const LEAST_STEP = 2 ** -126;
const MOST_STEP = 2 ** 100;
/** Values that are integers at one time. */
const CHUNK = 4096;
/**
 * The mean square of what arrives, in mean squares of the outer gradient: rounding at most doubles a value that it keeps.
 * The rest is for the rounding of the step.
 */
const MOST_SQUARE = 4 + 1e-5;

const DEFAULT: Coarseness = 2;
/** Bits a value of an outer gradient (`npm run bench -- wire`). */
const TYPICAL_BITS: Readonly<Record<Coarseness, number>> = { 1: 2, 2: 1.2, 3: 0.7, 4: 0.3 };

/**
 * Every value as the nearest multiple of one step, which is `coarseness` times the root mean square of the whole outer
 * gradient; a value half-way goes to the multiple further from zero. Nothing is carried and nothing is drawn: equal values
 * give equal bytes on every machine, by IEEE 754 alone.
 * The norm is the larger of that which was encoded, as the step tells it, and that which arrives: nearly nothing arrives of
 * values that are all of a size, and the next ones would seem far larger.
 * Encoding throws PathfoldError `not_finite`. Without a coarseness it takes 2, and reads any.
 */
export const q = (coarseness?: Coarseness): Codec => ({
  name: 'q',
  coarseness: coarseness ?? DEFAULT,
  init: () => new Float32Array(0),
  encode: (delta, state, modules) => ({ payload: encode(delta, modules, coarseness ?? DEFAULT), state }),
  decode(payload, modules) {
    const { header, entries } = partsOf(payload, modules, coarseness);
    const values = new Float32Array(valuesIn(modules));
    let at = 0;
    let squares = 0;
    for (const { count, start, end } of entries) {
      const reader = new ModuleReader(payload.subarray(start, end), header, squares);
      reader.readInto(values.subarray(at, at + count));
      squares = reader.squares;
      at += count;
    }
    return values;
  },
  norm(payload, modules, mostNorm) {
    const { header, entries } = partsOf(payload, modules, coarseness);
    const encoded = (header.step / header.coarseness) * Math.sqrt(header.count);
    if (header.step > LEAST_STEP && encoded > mostNorm)
      throw new PathfoldError('norm_out_of_bounds', `a step for a norm of ${encoded} where ${mostNorm} is the most`);
    let squares = 0;
    for (const { count, start, end } of entries) {
      const reader = new ModuleReader(payload.subarray(start, end), header, squares);
      reader.skip(count);
      squares = reader.squares;
    }
    return Math.max(encoded, header.step * Math.sqrt(squares));
  },
  async decodeModule(read, offset, length) {
    const head = await read(0, HEADER_BYTES);
    const { header, entries } = headOf(await read(0, tableEnd(modulesIn(head))));
    let before = 0;
    for (const { count, start, end } of entries) {
      if (before === offset && count === length) {
        const values = new Float32Array(length);
        new ModuleReader(await read(start, end), header, 0).readInto(values);
        return values;
      }
      before += count;
    }
    throw new PathfoldError('bad_payload', `no module of the payload has ${length} values from ${offset} on`);
  },
  typicalBytes: (modules) => Math.ceil((TYPICAL_BITS[coarseness ?? DEFAULT] * valuesIn(modules)) / 8),
  mostBytes(modules) {
    const count = valuesIn(modules);
    const bits = mostBits(count, mostSquares(count, coarseness ?? DEFAULT));
    // The bits of each module end in whole bytes.
    return tableEnd(modules.length) + (1 + END_BYTES) * modules.length + Math.ceil(bits / 8);
  },
});

const mostSquares = (count: number, coarseness: number): number => (MOST_SQUARE / coarseness ** 2) * count;

const tableEnd = (modules: number): number => HEADER_BYTES + modules * ENTRY_BYTES;

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

const modulesIn = (head: Uint8Array): number => viewOf(head).getUint16(2, true);

function encode(delta: Float32Array, modules: readonly CodedModule[], coarseness: Coarseness): Uint8Array {
  const step = stepOf(delta, modules, coarseness);
  const bytes = new Uint8Array(q(coarseness).mostBytes(modules));
  const view = viewOf(bytes);
  view.setUint8(0, VERSION);
  view.setUint8(1, coarseness);
  view.setUint16(2, modules.length, true);
  view.setFloat32(4, step, true);
  let entry = HEADER_BYTES;
  let start = tableEnd(modules.length);
  let offset = 0;
  for (const { parameterCount } of modules) {
    const end = writeModule(delta.subarray(offset, offset + parameterCount), step, bytes, start);
    view.setUint32(entry, parameterCount, true);
    view.setUint32(entry + 4, end - start, true);
    entry += ENTRY_BYTES;
    start = end;
    offset += parameterCount;
  }
  return bytes.slice(0, start);
}

/** Sums are in double precision, in order. */
function stepOf(delta: Float32Array, modules: readonly CodedModule[], coarseness: Coarseness): number {
  let squares = 0;
  let i = 0;
  for (const { name, parameterCount } of modules) {
    for (const end = i + parameterCount; i < end; i++) squares += delta[i]! * delta[i]!;
    if (!Number.isFinite(squares)) throw new PathfoldError('not_finite', `the outer gradient of ${name} is not finite`);
  }
  const step = Math.max(LEAST_STEP, Math.fround(coarseness * Math.sqrt(squares / i)));
  if (step > MOST_STEP) throw new PathfoldError('not_finite', `the outer gradient is too large for a step of ${step}`);
  return step;
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

interface Header {
  readonly coarseness: number;
  readonly step: number;
  /** Values of all modules. */
  readonly count: number;
}

interface Entry {
  readonly count: number;
  readonly start: number;
  readonly end: number;
}

interface Head {
  readonly header: Header;
  readonly entries: readonly Entry[];
}

/** The parts of a whole payload, which must be of these modules and of this coarseness and have no other bytes. */
function partsOf(payload: Uint8Array, modules: readonly CodedModule[], coarseness?: Coarseness): Head {
  const table = tableEnd(modules.length);
  if (payload.length < table)
    throw new PathfoldError('wrong_size', `${payload.length} bytes where the header alone has ${table}`);
  const count = modulesIn(payload);
  if (count !== modules.length)
    throw new PathfoldError('bad_payload', `${count} modules where the task has ${modules.length}`);
  const { header, entries } = headOf(payload.subarray(0, table));
  if (coarseness !== undefined && header.coarseness !== coarseness)
    throw new PathfoldError('bad_payload', `coarseness ${header.coarseness} where the task asks for ${coarseness}`);
  for (const [i, { name, parameterCount }] of modules.entries())
    if (entries[i]!.count !== parameterCount)
      throw new PathfoldError('bad_payload', `${entries[i]!.count} values of ${name}, which has ${parameterCount}`);
  const end = entries.at(-1)?.end ?? table;
  if (payload.length !== end) throw new PathfoldError('wrong_size', `${payload.length} bytes where ${end} are told`);
  return { header, entries };
}

/** Reads a header and the table after it. */
function headOf(head: Uint8Array): Head {
  const view = viewOf(head);
  const [version, coarseness] = [view.getUint8(0), view.getUint8(1)];
  const step = view.getFloat32(4, true);
  if (version !== VERSION) throw new PathfoldError('bad_payload', `version ${version} of q where ${VERSION} is known`);
  if (coarseness < 1) throw new PathfoldError('bad_payload', `coarseness ${coarseness}`);
  if (!(step >= LEAST_STEP && step <= MOST_STEP)) throw new PathfoldError('bad_payload', `a step of ${step}`);
  let end = head.length;
  let count = 0;
  const entries = Array.from({ length: modulesIn(head) }, (_, i) => {
    const own = view.getUint32(HEADER_BYTES + ENTRY_BYTES * i, true);
    const start = end;
    end += view.getUint32(HEADER_BYTES + ENTRY_BYTES * i + 4, true);
    count += own;
    return { count: own, start, end };
  });
  return { header: { coarseness, step, count }, entries };
}

/** Reads the integers of a module once, and looks at them before it makes floats of them. */
class ModuleReader {
  readonly #reader: IntegerReader;
  readonly #step: number;
  readonly #mostSquares: number;
  /** Squares of the integers of this module and of those before it. */
  squares: number;

  constructor(bytes: Uint8Array, { step, coarseness, count }: Header, squaresBefore: number) {
    this.#reader = new IntegerReader(bytes);
    this.#step = step;
    this.#mostSquares = mostSquares(count, coarseness);
    this.squares = squaresBefore;
  }

  readInto(values: Float32Array): void {
    const step = this.#step;
    for (let from = 0; from < values.length; from += CHUNK) {
      const integers = this.#next(Math.min(CHUNK, values.length - from));
      for (let i = 0; i < integers.length; i++) values[from + i] = integers[i]! * step;
    }
    this.#reader.end();
  }

  skip(count: number): void {
    for (let from = 0; from < count; from += CHUNK) this.#next(Math.min(CHUNK, count - from));
    this.#reader.end();
  }

  #next(count: number): Int32Array {
    const integers = chunk.subarray(0, count);
    this.#reader.read(integers);
    for (let i = 0; i < count; i++) this.squares += integers[i]! * integers[i]!;
    if (this.squares > this.#mostSquares) throw new PathfoldError('bad_payload', 'values too large for their step');
    return integers;
  }
}
/** All readers share it: none waits while it is in use. */
const chunk = new Int32Array(CHUNK);
