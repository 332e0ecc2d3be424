import type { SwarmEvent } from './events.ts';

/** The facts of one blob that the swarm's mind wants. A source is a peer's id, or COORDINATOR. */
export const COORDINATOR = '';

/** Longest wait for the coordinator's answer to `want`. */
export const FIND_MS = 1_000;
/** Time for finding and connecting; beyond it a blob must have come at this rate. */
export const GRACE_MS = 4_000;
export const LEAST_BYTES_PER_SECOND = 128 * 1024;

/** The word of one peer about the blob. */
export interface Offer {
  readonly pieces: Uint8Array;
  count: number;
  /** It gets more of the blob itself; null until it has answered. */
  more: boolean | null;
  /** When it was asked. */
  readonly since: number;
}

export interface Fetch {
  readonly pieces: number;
  /** By piece, 1 when it is here, checked. */
  readonly here: Uint8Array;
  left: number;
  /** By piece, the sources that were asked for it, and when. */
  readonly asked: Map<number, Map<string, number>>;
  readonly offers: Map<string, Offer>;
  /** By piece, how many peers have it. */
  readonly holders: Uint16Array;
  /** Where the search for a piece begins: elsewhere for each volunteer, so that they do not all fetch the same. */
  readonly start: number;
  /** Until when the coordinator's answer to `want` is waited for; null when none is. */
  findUntil: number | null;
  /** Whether the coordinator may have another slice to deal, and how large the last one was. */
  dealing: boolean;
  sliceSize: number;
  /** Pieces that nobody promises: so many are fetched next from the coordinator. */
  burst: number;
  /** The coordinator did not give a piece that it was asked for: peers alone are left. */
  isForsaken: boolean;
  /** When a peer last gave or promised something. */
  newsAt: number;
  /** By then peers must have delivered, however alive they are. */
  readonly endsAt: number;
}

export function newFetch({ bytes, pieces, here, random, at }: Extract<SwarmEvent, { type: 'Wanted' }>): Fetch {
  const fetch: Fetch = {
    ...{ pieces, here: new Uint8Array(pieces), left: pieces - here.length, asked: new Map(), offers: new Map() },
    ...{ holders: new Uint16Array(pieces), start: Math.floor(random * pieces), findUntil: at + FIND_MS },
    ...{ dealing: true, sliceSize: 0, burst: 1, isForsaken: false, newsAt: at },
    endsAt: at + GRACE_MS + (1000 * bytes) / LEAST_BYTES_PER_SECOND,
  };
  for (const piece of here) fetch.here[piece] = 1;
  return fetch;
}

/** The missing pieces, from `start` on and round, that pass. */
export function* missing(fetch: Fetch, passes: (piece: number) => boolean): Generator<number, void> {
  for (let i = 0; i < fetch.pieces; i++) {
    const piece = (fetch.start + i) % fetch.pieces;
    if (fetch.here[piece] === 0 && passes(piece)) yield piece;
  }
}

/** The piece that passes and that fewest peers have; null when there is none. */
export function rarest(fetch: Fetch, passes: (piece: number) => boolean): number | null {
  let best: number | null = null;
  for (const piece of missing(fetch, passes))
    if (best === null || fetch.holders[piece]! < fetch.holders[best]!) best = piece;
  return best;
}

/** Takes back what was asked of a source; answers the pieces. */
export function takeBack(fetch: Fetch, source: string): number[] {
  const pieces: number[] = [];
  for (const [piece, sources] of fetch.asked) {
    if (!sources.delete(source)) continue;
    pieces.push(piece);
    if (sources.size === 0) fetch.asked.delete(piece);
  }
  return pieces;
}

export function noteOffer(
  fetch: Fetch,
  peer: string,
  pieces: readonly number[] | 'all',
  more: boolean | null,
  at: number,
): void {
  const offer = fetch.offers.get(peer) ?? { pieces: new Uint8Array(fetch.pieces), count: 0, more: null, since: at };
  fetch.offers.set(peer, offer);
  if (more !== null) offer.more = more;
  const before = offer.count;
  for (const piece of pieces === 'all' ? offer.pieces.keys() : pieces)
    if (piece < fetch.pieces && offer.pieces[piece] === 0) {
      offer.pieces[piece] = 1;
      offer.count++;
      fetch.holders[piece]!++;
    }
  if (offer.count > before) fetch.newsAt = at;
}

export function forgetOffer(fetch: Fetch, peer: string): void {
  const offer = fetch.offers.get(peer);
  if (!offer) return;
  for (let piece = 0; piece < fetch.pieces; piece++) fetch.holders[piece]! -= offer.pieces[piece]!;
  fetch.offers.delete(peer);
}
