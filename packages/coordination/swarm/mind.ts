import type { SwarmCommand, SwarmEvent } from './events.ts';
import { COORDINATOR, type Fetch, forgetOffer, missing, newFetch, noteOffer } from './fetch.ts';
import { cancelAll, drop, forgetPeer, forgive, isShunned, newLink, type SwarmState, settleAsk, shun } from './peers.ts';
import { askCoordinator, planFetch } from './plan.ts';

/**
 * The swarm's mind: which piece of a blob is asked of whom, and when the coordinator serves it over HTTPS (B4, B7 to B10).
 * Pure: time and randomness come in with the events. Rarest piece first, as BitTorrent (Cohen 2003, section 2.4); the
 * coordinator is a source that always works and costs, so it serves a volunteer's slice and what no peer promises.
 */
export const SILENCE_MS = 3_000;
export const MOST_OPENED = 8;
const BUSY_MS = 400;

export function stepSwarm(state: SwarmState, event: SwarmEvent): SwarmCommand[] {
  const commands = take(state, event);
  // A part of a piece frees nobody.
  if (event.type === 'Heard') return commands;
  for (const [sha256, fetch] of state.fetches) commands.push(...planFetch(state, sha256, fetch, event.at));
  return commands;
}

/** The changes by an event. */
function take(state: SwarmState, event: SwarmEvent): SwarmCommand[] {
  const { at } = event;
  switch (event.type) {
    case 'Ticked':
      return tick(state, at);
    case 'LinkOpened':
      state.links.set(event.peer, newLink(true, at));
      return [...state.fetches].map(([sha256, fetch]) => tell(sha256, fetch, event.peer, at));
    case 'LinkClosed': {
      const link = state.links.get(event.peer);
      if (link && (!link.isOpen || link.asks > 0)) shun(state, event.peer, at);
      forgetPeer(state, event.peer);
      return [];
    }
    case 'Heard': {
      const link = state.links.get(event.peer);
      if (link) link.heardAt = at;
      return [];
    }
    case 'Misbehaved':
      return drop(state, event.peer, 'flooded', at);
    case 'Wanted':
      return state.fetches.has(event.sha256) ? [] : want(state, event);
  }
  const fetch = state.fetches.get(event.sha256);
  if (!fetch) return [];
  switch (event.type) {
    case 'PeersFound':
      return found(state, event, fetch);
    case 'Promised':
      if (state.links.get(event.peer)?.isOpen) noteOffer(fetch, event.peer, event.pieces, event.more, at);
      return [];
    case 'PieceArrived':
      return arrived(state, event, fetch);
    case 'PieceRefused':
      if (!settleAsk(state, fetch, event.piece, event.from)) return [];
      if (event.from === COORDINATOR) fetch.isForsaken = true;
      else if (event.busy) state.links.get(event.from)!.restsUntil = at + BUSY_MS;
      else forgetOffer(fetch, event.from);
      return [];
    case 'NoTable':
      return giveUp(state, event.sha256, fetch);
    case 'PieceBad':
      if (!settleAsk(state, fetch, event.piece, event.from)) return [];
      if (event.from === COORDINATOR) return giveUp(state, event.sha256, fetch);
      return drop(state, event.from, 'lied', at);
  }
}

function want(state: SwarmState, event: Extract<SwarmEvent, { type: 'Wanted' }>): SwarmCommand[] {
  const { sha256, at } = event;
  const fetch = newFetch(event);
  if (fetch.left === 0) return [{ type: 'Complete', sha256 }];
  state.fetches.set(sha256, fetch);
  const open = [...state.links].filter(([, { isOpen }]) => isOpen);
  return [{ type: 'FindPeers', sha256 }, ...open.map(([peer]) => tell(sha256, fetch, peer, at))];
}

function tell(sha256: string, fetch: Fetch, peer: string, at: number): SwarmCommand {
  if (!fetch.offers.has(peer)) noteOffer(fetch, peer, [], null, at);
  return { type: 'Tell', sha256, peer };
}

function found(
  state: SwarmState,
  { sha256, peers, slice, at }: Extract<SwarmEvent, { type: 'PeersFound' }>,
  fetch: Fetch,
): SwarmCommand[] {
  if (fetch.findUntil === null) return [];
  fetch.findUntil = null;
  fetch.dealing = slice !== null;
  if (fetch.offers.size === 0) fetch.newsAt = at;
  const commands: SwarmCommand[] = [];
  for (const peer of peers) {
    if (state.links.has(peer) || isShunned(state, peer, at) || state.links.size >= MOST_OPENED) continue;
    state.links.set(peer, newLink(false, at));
    noteOffer(fetch, peer, [], null, at);
    commands.push({ type: 'Connect', peer });
  }
  if (!slice) return commands;
  const { from, to } = slice;
  const pieces = [...missing(fetch, (piece) => piece >= from && piece < to && !fetch.asked.has(piece))];
  fetch.sliceSize = pieces.length;
  return [...commands, ...askCoordinator(sha256, fetch, pieces, at)];
}

function arrived(
  state: SwarmState,
  { sha256, piece, from, at }: Extract<SwarmEvent, { type: 'PieceArrived' }>,
  fetch: Fetch,
): SwarmCommand[] {
  settleAsk(state, fetch, piece, from);
  // Also one that nobody is asked for any more: it was checked.
  if (fetch.here[piece] === 1) return [];
  fetch.here[piece] = 1;
  fetch.left--;
  if (from !== COORDINATOR) {
    const link = state.links.get(from);
    if (link) link.heardAt = at;
    fetch.newsAt = at;
    fetch.burst = 1;
    forgive(state, from);
  }
  const others = [...(fetch.asked.get(piece)?.keys() ?? [])];
  for (const other of others) settleAsk(state, fetch, piece, other);
  const commands = others
    .filter((other) => other !== COORDINATOR)
    .map((peer): SwarmCommand => ({ type: 'Cancel', sha256, peer, piece }));
  if (fetch.left > 0) return commands;
  state.fetches.delete(sha256);
  return [...commands, { type: 'Complete', sha256 }];
}

/** The coordinator contradicts itself, or does not tell the hashes: the whole must come by itself. */
function giveUp(state: SwarmState, sha256: string, fetch: Fetch): SwarmCommand[] {
  const commands = cancelAll(state, sha256, fetch);
  state.fetches.delete(sha256);
  return [...commands, { type: 'GiveUp', sha256 }];
}

function tick(state: SwarmState, at: number): SwarmCommand[] {
  const commands: SwarmCommand[] = [];
  for (const [peer, { asks, heardAt }] of [...state.links])
    if (asks > 0 && at >= heardAt + SILENCE_MS) commands.push(...drop(state, peer, 'stalled', at));
  for (const fetch of state.fetches.values())
    if (fetch.findUntil !== null && at >= fetch.findUntil) {
      fetch.findUntil = null;
      fetch.dealing = false;
    }
  return commands;
}
