import { pieceRange } from '@pathfold/coordination/swarm/pieces';
import type { BlobRef } from '@pathfold/protocol/blob';

/** Bytes [start, end) of a blob from the coordinator, in order as they come; false when not all did. */
export type Range = (ref: BlobRef, start: number, end: number, take: (bytes: Uint8Array) => void) => Promise<boolean>;

const HASH_BYTES = 32;

/** The hash of a piece, hexadecimal. */
export const hashIn = (table: Uint8Array, piece: number): string =>
  Array.from(table.subarray(HASH_BYTES * piece, HASH_BYTES * (piece + 1)), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join('');

export const bytesOfHash = (sha256: string): Uint8Array =>
  Uint8Array.from({ length: HASH_BYTES }, (_, i) => Number.parseInt(sha256.slice(2 * i, 2 * i + 2), 16));

/** Fetches pieces (ascending) from the coordinator, neighbours in one request. Answers those that did not come. */
export async function rangesOf(
  range: Range,
  ref: BlobRef,
  pieces: readonly number[],
  take: (piece: number, bytes: Uint8Array) => unknown,
): Promise<readonly number[]> {
  for (let from = 0; from < pieces.length; ) {
    let to = from + 1;
    while (pieces[to] === pieces[to - 1]! + 1) to++;
    const { start } = pieceRange(ref.bytes, pieces[from]!);
    const { end } = pieceRange(ref.bytes, pieces[to - 1]!);
    const room = new Uint8Array(end - start);
    let filled = 0;
    let next = from;
    const isWhole = await range(ref, start, end, (bytes) => {
      room.set(bytes, filled);
      filled += bytes.length;
      for (; next < to; next++) {
        const piece = pieceRange(ref.bytes, pieces[next]!);
        if (piece.end - start > filled) break;
        take(pieces[next]!, room.subarray(piece.start - start, piece.end - start));
      }
    }).catch(() => false);
    if (!isWhole || next < to) return pieces.slice(next);
    from = to;
  }
  return [];
}
