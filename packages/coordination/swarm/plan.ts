import type { SwarmCommand } from './events.ts';
import { COORDINATOR, type Fetch, FIND_MS, missing, rarest } from './fetch.ts';
import { cancelAll, type SwarmState } from './peers.ts';

/** A peer that said nothing yet about a blob is hoped for so long. */
const HOPE_MS = 1_500;
/** A piece that no peer promises is waited for so long after the last news from peers: about two round trips. */
const PATIENCE_MS = 600;
/** A piece that was asked for so long ago is asked of a second source, once no other is left to ask for. */
export const ENDGAME_MS = 1_500;
/** Pieces that one peer is asked for at once. */
export const PIPELINE = 4;

/** The pieces to ask for next. */
export function planFetch(state: SwarmState, sha256: string, fetch: Fetch, at: number): SwarmCommand[] {
  const commands = at >= fetch.endsAt ? end(state, sha256, fetch, at) : askForMore(state, sha256, fetch, at);
  if (!fetch.isForsaken || fetch.asked.size > 0 || (at < fetch.endsAt && isHopeful(fetch, at))) return commands;
  state.fetches.delete(sha256);
  return [...commands, { type: 'GiveUp', sha256 }];
}

function askForMore(state: SwarmState, sha256: string, fetch: Fetch, at: number): SwarmCommand[] {
  const commands: SwarmCommand[] = [];
  const free = (piece: number) => !fetch.asked.has(piece);
  for (let asked = true; asked; ) {
    asked = false;
    for (const peer of state.links.keys()) {
      const piece = pickFor(state, fetch, peer, at, free);
      if (piece === null) continue;
      commands.push(ask(state, sha256, fetch, peer, piece, at));
      asked = true;
    }
  }
  const isAllAsked = () => missing(fetch, free).next().done === true;
  const mine = ofCoordinator(fetch);
  if (fetch.findUntil === null && fetch.dealing && mine < fetch.sliceSize && !fetch.isForsaken && !isAllAsked()) {
    fetch.findUntil = at + FIND_MS;
    commands.push({ type: 'FindPeers', sha256 });
  }
  if (fetch.findUntil === null && !fetch.dealing) commands.push(...fetchUnpromised(sha256, fetch, mine, at));
  if (isAllAsked()) commands.push(...endgame(state, sha256, fetch, at));
  return commands;
}

function pickFor(
  { links }: SwarmState,
  fetch: Fetch,
  peer: string,
  at: number,
  passes: (piece: number) => boolean,
): number | null {
  const link = links.get(peer)!;
  const offer = fetch.offers.get(peer);
  if (!offer || offer.count === 0 || !link.isOpen || link.asks >= PIPELINE || at < link.restsUntil) return null;
  return rarest(fetch, (piece) => offer.pieces[piece] === 1 && passes(piece));
}

/** Whether a peer has pieces, gets more of them, or may still say so. */
const isHopeful = ({ offers }: Fetch, at: number): boolean =>
  [...offers.values()].some(({ count, more, since }) => count > 0 || (more ?? at < since + HOPE_MS));

/** Pieces that nobody promises within the patience, twice as much each time; all of it where there is nobody to hope for. */
function fetchUnpromised(sha256: string, fetch: Fetch, mine: number, at: number): SwarmCommand[] {
  const pieces = [...missing(fetch, (piece) => !fetch.asked.has(piece) && fetch.holders[piece] === 0)];
  if (!isHopeful(fetch, at)) return askCoordinator(sha256, fetch, pieces, at);
  if (mine > 0 || at < fetch.newsAt + PATIENCE_MS) return [];
  const burst = pieces.slice(0, fetch.burst);
  fetch.burst *= 2;
  return askCoordinator(sha256, fetch, burst, at);
}

/** Each piece that is long in coming is asked of one more source. */
function endgame(state: SwarmState, sha256: string, fetch: Fetch, at: number): SwarmCommand[] {
  const commands: SwarmCommand[] = [];
  for (const [piece, sources] of [...fetch.asked]) {
    const [[first, askedAt]] = [...sources] as [[string, number]];
    if (sources.size > 1 || at < askedAt + ENDGAME_MS) continue;
    const other = [...state.links.keys()].find(
      (peer) => peer !== first && pickFor(state, fetch, peer, at, (its) => its === piece) !== null,
    );
    if (other !== undefined) commands.push(ask(state, sha256, fetch, other, piece, at));
    else if (first !== COORDINATOR) commands.push(...askCoordinator(sha256, fetch, [piece], at));
  }
  return commands;
}

/** Peers have had their time: the coordinator serves the rest. */
function end(state: SwarmState, sha256: string, fetch: Fetch, at: number): SwarmCommand[] {
  const commands = cancelAll(state, sha256, fetch);
  return [...commands, ...askCoordinator(sha256, fetch, [...missing(fetch, (piece) => !fetch.asked.has(piece))], at)];
}

const ofCoordinator = (fetch: Fetch): number =>
  [...fetch.asked.values()].filter((sources) => sources.has(COORDINATOR)).length;

export function askCoordinator(sha256: string, fetch: Fetch, pieces: number[], at: number): SwarmCommand[] {
  if (pieces.length === 0 || fetch.isForsaken) return [];
  for (const piece of pieces) fetch.asked.set(piece, (fetch.asked.get(piece) ?? new Map()).set(COORDINATOR, at));
  return [{ type: 'AskCoordinator', sha256, pieces: pieces.sort((a, b) => a - b) }];
}

function ask(state: SwarmState, sha256: string, fetch: Fetch, peer: string, piece: number, at: number): SwarmCommand {
  fetch.asked.set(piece, (fetch.asked.get(piece) ?? new Map()).set(peer, at));
  const link = state.links.get(peer)!;
  if (link.asks++ === 0) link.heardAt = at;
  return { type: 'Ask', sha256, peer, piece };
}
