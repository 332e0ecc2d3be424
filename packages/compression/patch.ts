import { PathfoldError } from '@pathfold/protocol/errors';
import { IntegerReader, IntegerWriter, mostBitsOf } from './integers.ts';
import { isStep, isWithin, type Lattice, readIntegers } from './lattice.ts';
import { END_BYTES } from './range-coder.ts';

/**
 * A patch leads from any values to a version of a lattice whose snapshot is at hand: n of the version less the n nearest to
 * the values. The fewer, the nearer the two are. Little-endian: format (uint8), step (float32), number of values (uint32),
 * then the integers (`integers.ts`).
 */
const FORMAT = 1;
const HEADER_BYTES = 9;
/** Values that are integers at one time. */
const CHUNK = 4096;

/** From values to the version of these integers. Null when the values are too far away. */
export function encodePatch(
  from: Float32Array,
  to: Int32Array,
  lattice: Pick<Lattice, 'snapshot' | 'step'>,
): Uint8Array | null {
  const differences = new Int32Array(to.length);
  if (!readIntegers(from, lattice, 0, differences)) return null;
  for (let i = 0; i < to.length; i++) differences[i] = to[i]! - differences[i]!;
  const bytes = new Uint8Array(HEADER_BYTES + END_BYTES + Math.ceil(mostBitsOf(differences) / 8));
  const view = new DataView(bytes.buffer);
  view.setUint8(0, FORMAT);
  view.setFloat32(1, lattice.step, true);
  view.setUint32(5, to.length, true);
  const writer = new IntegerWriter(bytes, HEADER_BYTES);
  writer.write(differences);
  return bytes.slice(0, writer.end());
}

/**
 * The version that a patch leads to, in memory of its own: as many values as `from` and `snapshot` have. Throws
 * PathfoldError `bad_payload` for bytes that no patch of so many values has.
 */
export function applyPatch(patch: Uint8Array, from: Float32Array, snapshot: Float32Array): Float32Array<ArrayBuffer> {
  const count = from.length;
  if (patch.length < HEADER_BYTES + END_BYTES) throw new PathfoldError('bad_payload', 'a patch without its header');
  const view = new DataView(patch.buffer, patch.byteOffset, patch.length);
  if (view.getUint8(0) !== FORMAT) throw new PathfoldError('bad_payload', `a patch of format ${view.getUint8(0)}`);
  const step = view.getFloat32(1, true);
  if (!isStep(step)) throw new PathfoldError('bad_payload', `a patch with a step of ${step}`);
  if (view.getUint32(5, true) !== count || snapshot.length !== count)
    throw new PathfoldError('bad_payload', `a patch of ${view.getUint32(5, true)} values where ${count} belong`);
  const reader = new IntegerReader(patch.subarray(HEADER_BYTES));
  const version = new Float32Array(count);
  const [differences, integers] = [new Int32Array(CHUNK), new Int32Array(CHUNK)];
  for (let at = 0; at < count; at += CHUNK) {
    const length = Math.min(CHUNK, count - at);
    reader.read(differences.subarray(0, length));
    const near = readIntegers(from, { snapshot, step }, at, integers.subarray(0, length));
    if (!near) throw new PathfoldError('bad_payload', 'a patch from values that are too far away');
    for (let i = 0; i < length; i++) {
      const n = integers[i]! + differences[i]!;
      if (!isWithin(n)) throw new PathfoldError('bad_payload', `a patch to ${n} steps from the snapshot`);
      version[at + i] = snapshot[at + i]! + n * step;
    }
  }
  reader.end();
  return version;
}
