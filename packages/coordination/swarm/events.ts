import type { Slice } from './directory.ts';

export type Fault = 'lied' | 'stalled' | 'flooded';

export type SwarmEvent = { readonly at: number } & (
  | {
      readonly type: 'Wanted';
      readonly sha256: string;
      readonly bytes: number;
      readonly pieces: number;
      /** Pieces that came before its last fetch ended, checked. */
      readonly here: readonly number[];
      readonly random: number;
    }
  /** The coordinator's answer: who has the blob or asks for it too, and a slice of it to fetch from the coordinator. */
  | {
      readonly type: 'PeersFound';
      readonly sha256: string;
      readonly peers: readonly string[];
      readonly slice: Slice | null;
    }
  | { readonly type: 'LinkOpened'; readonly peer: string }
  /** Also one that never opened. */
  | { readonly type: 'LinkClosed'; readonly peer: string }
  /** `more`: the peer gets more of it itself; null when it did not say. */
  | {
      readonly type: 'Promised';
      readonly sha256: string;
      readonly peer: string;
      readonly pieces: readonly number[] | 'all';
      readonly more: boolean | null;
    }
  | { readonly type: 'PieceArrived'; readonly sha256: string; readonly piece: number; readonly from: string }
  /** The source will not give the piece; `busy`: not now. */
  | {
      readonly type: 'PieceRefused';
      readonly sha256: string;
      readonly piece: number;
      readonly from: string;
      readonly busy: boolean;
    }
  /** A part of a piece has come from it. */
  | { readonly type: 'Heard'; readonly peer: string }
  /** The hashes of its pieces could not be had. */
  | { readonly type: 'NoTable'; readonly sha256: string }
  /** Its hash is not the one of the table. */
  | { readonly type: 'PieceBad'; readonly sha256: string; readonly piece: number; readonly from: string }
  /** More than was asked for, or what is no message. */
  | { readonly type: 'Misbehaved'; readonly peer: string }
  | { readonly type: 'Ticked' }
);

export type SwarmCommand =
  | { readonly type: 'FindPeers'; readonly sha256: string }
  | { readonly type: 'Connect'; readonly peer: string }
  /** Tells a peer over its link that the blob is wanted: it answers what it has of it. */
  | { readonly type: 'Tell'; readonly sha256: string; readonly peer: string }
  | { readonly type: 'Ask'; readonly sha256: string; readonly peer: string; readonly piece: number }
  | { readonly type: 'Cancel'; readonly sha256: string; readonly peer: string; readonly piece: number }
  /** Over HTTPS, in this order. */
  | { readonly type: 'AskCoordinator'; readonly sha256: string; readonly pieces: readonly number[] }
  /** Its link is closed, and the coordinator is told why. */
  | { readonly type: 'Drop'; readonly peer: string; readonly fault: Fault }
  | { readonly type: 'Complete'; readonly sha256: string }
  /** Neither peers nor the coordinator give the rest of its pieces. */
  | { readonly type: 'GiveUp'; readonly sha256: string };
