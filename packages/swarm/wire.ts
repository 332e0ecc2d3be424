import { MOST_SHARED_BYTES, PIECE_BYTES, WHOLE_BYTES } from '@pathfold/coordination/swarm/pieces';
import { Sha256 } from '@pathfold/protocol/blob';
import * as z from 'zod/mini';

/**
 * Between peers, on one data channel, both ways alike (docs/PROTOCOL.md, rules B6 to B8). Text frames are JSON
 * (`PeerMessage`); a binary frame is a part of a piece: uint32 request number (little-endian), then at most FRAME_BYTES.
 */
const request = z.int().check(z.minimum(0), z.maximum(0xffffffff));
const piece = z.int().check(z.minimum(0), z.maximum(MOST_SHARED_BYTES / PIECE_BYTES));
const size = z.int().check(z.minimum(0), z.maximum(MOST_SHARED_BYTES));

/** Pieces that one `got` tells of. */
export const MOST_GOT = 100;

export const PeerMessage = z.union([
  /** Tell me what you have of this blob of so many bytes, and what comes. */
  z.strictObject({ want: Sha256, bytes: size }),
  /** I need no more of it. */
  z.strictObject({ enough: Sha256 }),
  /** I have this of it: all, or a bit for each piece (the first is the lowest of the first byte), and whether I get more. */
  z.strictObject({
    have: Sha256,
    pieces: z.union([z.literal('all'), z.string().check(z.regex(/^[A-Za-z0-9+/]*={0,2}$/), z.maxLength(800))]),
    more: z.boolean(),
  }),
  /** These pieces have come. */
  z.strictObject({ got: Sha256, pieces: z.array(piece).check(z.maxLength(MOST_GOT)) }),
  /** Send me these bytes of it. */
  z.strictObject({
    ask: request,
    sha256: Sha256,
    start: size,
    bytes: z.int().check(z.minimum(0), z.maximum(WHOLE_BYTES)),
  }),
  /** Not any more. The answer is `refused`, or its last byte. */
  z.strictObject({ cancel: request }),
  /** `busy`: others are served first; otherwise it is not here. */
  z.strictObject({ refused: request, busy: z.boolean() }),
]);
export type PeerMessage = z.infer<typeof PeerMessage>;

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

/** Each `send` of WebRTC costs: two frames make a piece. */
export const FRAME_BYTES = 32 * 1024;
const MAX_TEXT_BYTES = 1024;

/** Null when it is no message. */
export function readMessage(text: string): PeerMessage | null {
  if (text.length > MAX_TEXT_BYTES) return null;
  try {
    return PeerMessage.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}

export function frameOf(request: number, bytes: Uint8Array): Uint8Array {
  const frame = new Uint8Array(4 + bytes.length);
  new DataView(frame.buffer).setUint32(0, request, true);
  frame.set(bytes, 4);
  return frame;
}

/** Null when it is no part of a piece. */
export const readFrame = (frame: Uint8Array): { request: number; bytes: Uint8Array } | null =>
  frame.length > 4 && frame.length <= 4 + FRAME_BYTES
    ? {
        request: new DataView(frame.buffer, frame.byteOffset, frame.byteLength).getUint32(0, true),
        bytes: frame.subarray(4),
      }
    : null;

/** @param here by piece, 1 when it is here */
export function bitsOf(here: Uint8Array): string {
  const bits = new Uint8Array(Math.ceil(here.length / 8));
  for (const [piece, is] of here.entries()) bits[piece >> 3]! |= is << (piece & 7);
  return btoa(String.fromCharCode(...bits));
}

/** The pieces of a text that `bitsOf` wrote; throws where it is no base64. */
export function piecesOf(bits: string): number[] {
  const bytes = Uint8Array.from(atob(bits), (char) => char.charCodeAt(0));
  const pieces: number[] = [];
  for (let piece = 0; piece < 8 * bytes.length; piece++)
    if ((bytes[piece >> 3]! >> (piece & 7)) & 1) pieces.push(piece);
  return pieces;
}
