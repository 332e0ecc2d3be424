import { Sha256 } from '@pathfold/protocol/blob';
import * as z from 'zod/mini';

/**
 * Between peers, on one data channel. The side that opened the link asks; the other answers.
 * Text frames are JSON (`Ask`, `Answer`); binary frames are a piece: uint32 request number (little-endian), then bytes.
 */
export const Ask = z.strictObject({ request: z.int().check(z.minimum(0), z.maximum(0xffffffff)), sha256: Sha256 });
export type Ask = z.infer<typeof Ask>;
export const Answer = z.strictObject({
  request: z.int().check(z.minimum(0), z.maximum(0xffffffff)),
  /** Size of the blob that follows in pieces; null when it is not served here. */
  bytes: z.nullable(z.int().check(z.minimum(0))),
});

const sdpText = z.string().check(z.maxLength(12_000));
/** The signals of simple-peer that a data channel needs: an offer or answer, or a candidate. */
export const PeerSignal = z.union([
  z.strictObject({ type: z.enum(['offer', 'answer']), sdp: sdpText }),
  z.strictObject({
    type: z.literal('candidate'),
    candidate: z.strictObject({
      candidate: z.string().check(z.maxLength(1000)),
      sdpMLineIndex: z.nullable(z.int().check(z.minimum(0), z.maximum(100))),
      sdpMid: z.nullable(z.string().check(z.maxLength(100))),
    }),
  }),
]);
export type PeerSignal = z.infer<typeof PeerSignal>;

/** The contents of `signal.data`: WebRTC signals of one link, or the answer that no link is wanted. */
export const LinkSignal = z.union([
  z.strictObject({
    link: z.string().check(z.maxLength(40)),
    opens: z.boolean(),
    signal: PeerSignal,
  }),
  z.strictObject({ link: z.string().check(z.maxLength(40)), opens: z.boolean(), refused: z.literal(true) }),
]);
export type LinkSignal = z.infer<typeof LinkSignal>;

export const PIECE_BYTES = 16 * 1024;
export const MAX_TEXT_BYTES = 1024;
export const MAX_BLOB_BYTES = 256 * 1024 * 1024;

export function pieceOf(request: number, bytes: Uint8Array): Uint8Array {
  const piece = new Uint8Array(4 + bytes.length);
  new DataView(piece.buffer).setUint32(0, request, true);
  piece.set(bytes, 4);
  return piece;
}

export const requestOf = (piece: Uint8Array): number =>
  new DataView(piece.buffer, piece.byteOffset, piece.byteLength).getUint32(0, true);
