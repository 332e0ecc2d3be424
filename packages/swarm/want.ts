import { pieceCount, pieceRange } from '@pathfold/coordination/swarm/pieces';
import type { BlobRef } from '@pathfold/protocol/blob';
import { type Gathered, type Hole, nothingOf } from './gathered.ts';
import { bytesOfHash, hashIn } from './source.ts';

/** A blob that is on its way. */
export interface Want {
  readonly ref: BlobRef;
  readonly bytes: Uint8Array;
  /** By piece, 1 when it is here, checked. */
  readonly here: Uint8Array;
  /** The sha256 of each piece; null when the coordinator does not tell them. */
  readonly table: Promise<Uint8Array | null>;
  /** The pieces that the coordinator sends now. */
  readonly downloads: Set<Promise<void>>;
  readonly settle: (gathered: Gathered) => void;
  readonly result: Promise<Gathered>;
}

export function newWant(
  ref: BlobRef,
  begun: Gathered | null,
  readTable: (ref: BlobRef) => Promise<Uint8Array | null>,
): Want {
  let settle: (gathered: Gathered) => void = () => {};
  const result = new Promise<Gathered>((resolve) => {
    settle = resolve;
  });
  const pieces = pieceCount(ref.bytes);
  const table = pieces === 1 ? Promise.resolve(bytesOfHash(ref.sha256)) : readTable(ref).catch(() => null);
  const { bytes } = begun ?? nothingOf(ref);
  return { ref, bytes, here: new Uint8Array(pieces), table, downloads: new Set(), settle, result };
}

/** The pieces that came before, are whole and agree with the table. */
export async function keptPieces(
  { ref, bytes, here, table }: Want,
  { holes }: Gathered,
  verify: (bytes: Uint8Array, sha256: string) => Promise<boolean>,
): Promise<number[]> {
  const hashes = await table;
  const kept: number[] = [];
  for (const piece of here.keys()) {
    const { start, end } = pieceRange(ref.bytes, piece);
    if (!hashes || holes.some((hole) => hole.start < end && start < hole.end)) continue;
    if (await verify(bytes.subarray(start, end), hashIn(hashes, piece))) kept.push(piece);
  }
  return kept;
}

/** The blob as far as it has come. */
export function gatheredOf({ ref, bytes, here }: Want): Gathered {
  const holes: Hole[] = [];
  for (const [piece, is] of here.entries()) {
    const { start, end } = pieceRange(ref.bytes, piece);
    if (is === 1) continue;
    const before = holes.at(-1)?.end === start ? holes.pop() : undefined;
    holes.push({ start: before?.start ?? start, end });
  }
  return { bytes, holes };
}
