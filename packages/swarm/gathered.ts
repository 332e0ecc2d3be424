import type { BlobRef } from '@pathfold/protocol/blob';

/** Bytes [start, end). */
export interface Hole {
  readonly start: number;
  readonly end: number;
}

/** A blob as far as it has come: what one source began, the next goes on with. */
export interface Gathered {
  readonly bytes: Uint8Array;
  /** The missing parts, ascending. */
  readonly holes: readonly Hole[];
}

export const nothingOf = ({ bytes }: BlobRef): Gathered => ({
  bytes: new Uint8Array(bytes),
  holes: bytes === 0 ? [] : [{ start: 0, end: bytes }],
});
