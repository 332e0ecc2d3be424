import { halvesOf, valuesOf } from './half.ts';
import { integersOf, isStep, type Lattice, stepped, versionOf } from './lattice.ts';
import { encodePatch } from './patch.ts';

/** A fold of one module, as the lattice sees it. */
export interface Step {
  /** The version before, as it was sent, and the lattice that it is of: null where it is of none. */
  readonly before: Float32Array;
  readonly lattice: Lattice | null;
  /** The master before and after. */
  readonly from: Float32Array;
  readonly to: Float32Array;
  /** The part of a whole outer step that it is. */
  readonly share: number;
}

export interface NextVersion {
  readonly lattice: Lattice;
  /** Halves of a snapshot that begins here: those of the version before. Null while it stays. */
  readonly snapshot: Uint16Array | null;
  readonly version: Float32Array<ArrayBuffer>;
  /** From the version before; null when that is too far away. */
  readonly fromBefore: Uint8Array | null;
  readonly fromSnapshot: Uint8Array;
}

/** A snapshot is left when the way from it costs more bytes a value, and some that every patch has. */
const MOST_BYTES = 0.55;
const ANY_PATCH_BYTES = 64;

/**
 * The version that a fold makes on a lattice. The snapshot stays while the way from it is short; a new one is the half
 * precision of the version before, so that whoever has that has it too. Null when no lattice holds the master: it is not
 * finite, or nothing moves on this scale.
 */
export function nextVersion({ before, lattice, from, to, share }: Step): NextVersion | null {
  const squares = meanSquare(from, to);
  if (lattice) {
    const next = versionNear(before, to, stepped(lattice, lattice.snapshot, squares, share));
    if (next && next.fromSnapshot.length <= MOST_BYTES * to.length + ANY_PATCH_BYTES)
      return { ...next, snapshot: null };
  }
  const snapshot = halvesOf(before);
  const next = versionNear(before, to, stepped(lattice, valuesOf(snapshot), squares, share));
  return next && { ...next, snapshot };
}

function versionNear(before: Float32Array, master: Float32Array, lattice: Lattice) {
  const integers = isStep(lattice.step) ? integersOf(master, lattice) : null;
  const fromSnapshot = integers && encodePatch(lattice.snapshot, integers, lattice);
  if (!fromSnapshot) return null;
  return {
    lattice,
    version: versionOf(integers, lattice),
    fromBefore: encodePatch(before, integers, lattice),
    fromSnapshot,
  };
}

function meanSquare(from: Float32Array, to: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < to.length; i++) sum += (to[i]! - from[i]!) ** 2;
  return sum / to.length;
}
