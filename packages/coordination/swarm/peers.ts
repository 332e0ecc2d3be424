import type { Fault, SwarmCommand } from './events.ts';
import { type Fetch, forgetOffer, takeBack } from './fetch.ts';

/** Links to peers, and the peers that are not asked for a while or for good. */
const COOL_MS = 15_000;
const MOST_COOL_MS = 600_000;

interface PeerLink {
  isOpen: boolean;
  /** Pieces that it was asked for. */
  asks: number;
  /** When it last gave a piece, or was first asked after it had given all. */
  heardAt: number;
  /** It is busy until then. */
  restsUntil: number;
}

export interface SwarmState {
  readonly fetches: Map<string, Fetch>;
  /** Peers that there is a link to, also one that is still being made. */
  readonly links: Map<string, PeerLink>;
  /**
   * Peers that are not asked: for good (Infinity) once they sent wrong bytes, after another failure until a time, twice
   * as far away after each further one.
   */
  readonly shunned: Map<string, { readonly until: number; readonly coolMs: number }>;
}

export const initSwarm = (): SwarmState => ({ fetches: new Map(), links: new Map(), shunned: new Map() });

export const newLink = (isOpen: boolean, at: number): PeerLink => ({ isOpen, asks: 0, heardAt: at, restsUntil: at });

export const isShunned = ({ shunned }: SwarmState, peer: string, at: number): boolean =>
  (shunned.get(peer)?.until ?? Number.NEGATIVE_INFINITY) > at;

const hasLied = ({ shunned }: SwarmState, peer: string): boolean =>
  shunned.get(peer)?.until === Number.POSITIVE_INFINITY;

export function shun(state: SwarmState, peer: string, at: number): void {
  if (hasLied(state, peer)) return;
  const before = state.shunned.get(peer)?.coolMs;
  const coolMs = before === undefined ? COOL_MS : Math.min(2 * before, MOST_COOL_MS);
  state.shunned.set(peer, { until: at + coolMs, coolMs });
}

/** It delivered. */
export function forgive(state: SwarmState, peer: string): void {
  if (!hasLied(state, peer)) state.shunned.delete(peer);
}

export function drop(state: SwarmState, peer: string, fault: Fault, at: number): SwarmCommand[] {
  if (!state.links.has(peer)) return [];
  if (fault === 'stalled') shun(state, peer, at);
  else state.shunned.set(peer, { until: Number.POSITIVE_INFINITY, coolMs: 0 });
  forgetPeer(state, peer);
  return [{ type: 'Drop', peer, fault }];
}

export function forgetPeer(state: SwarmState, peer: string): void {
  state.links.delete(peer);
  for (const fetch of state.fetches.values()) {
    takeBack(fetch, peer);
    forgetOffer(fetch, peer);
  }
}

/** Whether the piece was asked of the source; it is not any more. */
export function settleAsk(state: SwarmState, fetch: Fetch, piece: number, source: string): boolean {
  const sources = fetch.asked.get(piece);
  if (!sources?.delete(source)) return false;
  if (sources.size === 0) fetch.asked.delete(piece);
  const link = state.links.get(source);
  if (link) link.asks--;
  return true;
}

/** Takes back all that peers were asked for. */
export function cancelAll(state: SwarmState, sha256: string, fetch: Fetch): SwarmCommand[] {
  const commands: SwarmCommand[] = [];
  for (const [peer, link] of state.links)
    for (const piece of takeBack(fetch, peer)) {
      link.asks--;
      commands.push({ type: 'Cancel', sha256, peer, piece });
    }
  return commands;
}
