/**
 * The swarm's mind: which peer is asked for a blob, for how long, and when the coordinator is asked instead.
 * Pure: time and randomness come in with the events. A peer that stalls, lies or vanishes costs one retry (B4).
 */
export const MAX_PEERS_ASKED = 2;
const FIND_MS = 2_000;
/** Longest wait for a connection and the first piece, and between pieces. */
const SILENCE_MS = 6_000;
const COOL_MS = 60_000;

interface Fetch {
  readonly tried: string[];
  candidates: string[];
  /** The peer that is asked now; null while peers are being found. */
  peer: string | null;
  deadlineAt: number;
}

export interface SwarmState {
  readonly fetches: Map<string, Fetch>;
  /** Peers that are not asked: until a time, or for good (Infinity) once they sent wrong bytes. */
  readonly shunnedUntil: Map<string, number>;
}

export type SwarmEvent = { readonly at: number } & (
  | { readonly type: 'Wanted'; readonly sha256: string }
  | { readonly type: 'PeersFound'; readonly sha256: string; readonly peers: readonly string[]; readonly random: number }
  | { readonly type: 'PieceArrived'; readonly sha256: string; readonly peer: string }
  | { readonly type: 'Delivered'; readonly sha256: string; readonly peer: string }
  | { readonly type: 'Corrupted'; readonly sha256: string; readonly peer: string }
  | { readonly type: 'Failed'; readonly sha256: string; readonly peer: string }
  | { readonly type: 'Ticked' }
);

export type SwarmCommand =
  | { readonly type: 'FindPeers'; readonly sha256: string }
  | { readonly type: 'Ask'; readonly sha256: string; readonly peer: string }
  | { readonly type: 'Abandon'; readonly sha256: string; readonly peer: string }
  /** Nobody could serve it: ask the coordinator over HTTPS. */
  | { readonly type: 'GiveUp'; readonly sha256: string };

export const initSwarm = (): SwarmState => ({ fetches: new Map(), shunnedUntil: new Map() });

export function stepSwarm(state: SwarmState, event: SwarmEvent): SwarmCommand[] {
  if (event.type === 'Ticked') return overdue(state, event.at);
  const { sha256, at } = event;
  if (event.type === 'Wanted') {
    if (state.fetches.has(sha256)) return [];
    state.fetches.set(sha256, { tried: [], candidates: [], peer: null, deadlineAt: at + FIND_MS });
    return [{ type: 'FindPeers', sha256 }];
  }
  const fetch = state.fetches.get(sha256);
  if (!fetch) return [];
  if (event.type === 'PeersFound') {
    if (fetch.peer !== null) return [];
    const start = Math.floor(event.random * event.peers.length);
    fetch.candidates = [...event.peers.slice(start), ...event.peers.slice(0, start)];
    return askNext(state, sha256, fetch, at);
  }
  if (event.peer !== fetch.peer) return [];
  switch (event.type) {
    case 'PieceArrived':
      fetch.deadlineAt = at + SILENCE_MS;
      return [];
    case 'Delivered':
      state.fetches.delete(sha256);
      return [];
    case 'Corrupted':
      state.shunnedUntil.set(event.peer, Number.POSITIVE_INFINITY);
      return askNext(state, sha256, fetch, at);
    case 'Failed':
      state.shunnedUntil.set(event.peer, at + COOL_MS);
      return askNext(state, sha256, fetch, at);
  }
}

function askNext(state: SwarmState, sha256: string, fetch: Fetch, at: number): SwarmCommand[] {
  const peer = fetch.candidates.find(
    (id) => !fetch.tried.includes(id) && (state.shunnedUntil.get(id) ?? Number.NEGATIVE_INFINITY) <= at,
  );
  if (peer === undefined || fetch.tried.length >= MAX_PEERS_ASKED) {
    state.fetches.delete(sha256);
    return [{ type: 'GiveUp', sha256 }];
  }
  fetch.tried.push(peer);
  fetch.peer = peer;
  fetch.deadlineAt = at + SILENCE_MS;
  return [{ type: 'Ask', sha256, peer }];
}

function overdue(state: SwarmState, at: number): SwarmCommand[] {
  const commands: SwarmCommand[] = [];
  for (const [sha256, fetch] of [...state.fetches]) {
    if (fetch.deadlineAt > at) continue;
    if (fetch.peer !== null) {
      commands.push({ type: 'Abandon', sha256, peer: fetch.peer });
      state.shunnedUntil.set(fetch.peer, at + COOL_MS);
    }
    commands.push(...askNext(state, sha256, fetch, at));
  }
  return commands;
}
