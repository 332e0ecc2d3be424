/** How a blob is cut for the swarm (docs/PROTOCOL.md, rule B6). */
export const PIECE_BYTES = 64 * 1024;
/** A blob of at most so many bytes is one piece, and its sha256 is the piece's. */
export const WHOLE_BYTES = 256 * 1024;
/** Larger blobs come from the coordinator alone. */
export const MOST_SHARED_BYTES = 256 * 1024 * 1024;

export const pieceCount = (bytes: number): number => (bytes <= WHOLE_BYTES ? 1 : Math.ceil(bytes / PIECE_BYTES));

/** The piece that byte `at` is in. */
export const pieceAt = (bytes: number, at: number): number => (bytes <= WHOLE_BYTES ? 0 : Math.floor(at / PIECE_BYTES));

/** Bytes [start, end) of a blob. */
export const pieceRange = (bytes: number, piece: number): { start: number; end: number } =>
  bytes <= WHOLE_BYTES
    ? { start: 0, end: bytes }
    : { start: piece * PIECE_BYTES, end: Math.min(bytes, (piece + 1) * PIECE_BYTES) };
