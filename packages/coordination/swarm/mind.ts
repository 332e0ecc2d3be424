/**
 * The swarm's mind: which peer is asked for a blob, for how long, and when the coordinator is asked instead.
 * Pure: time and randomness come in with the events. A peer that stalls, lies or vanishes costs one retry (B4).
 */
export const MAX_PEERS_ASKED = 2;
/** Longest wait for the list of peers; for a connection and the first piece; and between pieces. */
const FIND_MS = 1_000;
const SILENCE_MS = 3_000;
/** Time for finding, connecting and retrying; beyond it a blob must have come at this rate. */
const PATIENCE_MS = 4_000;
export const LEAST_BYTES_PER_SECOND = 128 * 1024;
/** A peer that failed is left alone for so long, twice as long after each further failure. */
const COOL_MS = 15_000;
const MOST_COOL_MS = 600_000;

interface Fetch {
  readonly tried: string[];
  candidates: string[];
  /** The peer that is asked now; null while peers are being found. */
  peer: string | null;
  deadlineAt: number;
  /** By then peers must have delivered, however alive they are. */
  readonly endsAt: number;
}

export interface SwarmState {
  readonly fetches: Map<string, Fetch>;
  /** Peers that are not asked: until a time, or for good (Infinity) once they sent wrong bytes. */
  readonly shunned: Map<string, { readonly until: number; readonly coolMs: number }>;
}

export type SwarmEvent = { readonly at: number } & (
  | { readonly type: 'Wanted'; readonly sha256: string; readonly bytes: number }
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
  /** Nothing is wanted from it any more, because it was too slow. */
  | { readonly type: 'Abandon'; readonly peer: string }
  /** Nobody could serve it: ask the coordinator over HTTPS. */
  | { readonly type: 'GiveUp'; readonly sha256: string };

export const initSwarm = (): SwarmState => ({ fetches: new Map(), shunned: new Map() });

export function stepSwarm(state: SwarmState, event: SwarmEvent): SwarmCommand[] {
  if (event.type === 'Ticked') return overdue(state, event.at);
  const { sha256, at } = event;
  if (event.type === 'Wanted') {
    if (state.fetches.has(sha256)) return [];
    const endsAt = at + PATIENCE_MS + (1000 * event.bytes) / LEAST_BYTES_PER_SECOND;
    state.fetches.set(sha256, { tried: [], candidates: [], peer: null, deadlineAt: at + FIND_MS, endsAt });
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
      // A peer serves one blob after the other: whoever waits for it hears that it lives.
      for (const other of state.fetches.values())
        if (other.peer === event.peer) other.deadlineAt = Math.min(at + SILENCE_MS, other.endsAt);
      return [];
    case 'Delivered':
      state.fetches.delete(sha256);
      if (!hasLied(state, event.peer)) state.shunned.delete(event.peer);
      return [];
    case 'Corrupted':
      state.shunned.set(event.peer, { until: Number.POSITIVE_INFINITY, coolMs: 0 });
      return askNext(state, sha256, fetch, at);
    case 'Failed':
      shun(state, event.peer, at);
      return askNext(state, sha256, fetch, at);
  }
}

function askNext(state: SwarmState, sha256: string, fetch: Fetch, at: number): SwarmCommand[] {
  const peer = fetch.candidates.find(
    (id) => !fetch.tried.includes(id) && (state.shunned.get(id)?.until ?? Number.NEGATIVE_INFINITY) <= at,
  );
  if (peer === undefined || fetch.tried.length >= MAX_PEERS_ASKED || at >= fetch.endsAt) {
    state.fetches.delete(sha256);
    return [{ type: 'GiveUp', sha256 }];
  }
  fetch.tried.push(peer);
  fetch.peer = peer;
  fetch.deadlineAt = Math.min(at + SILENCE_MS, fetch.endsAt);
  return [{ type: 'Ask', sha256, peer }];
}

const hasLied = ({ shunned }: SwarmState, peer: string): boolean =>
  shunned.get(peer)?.until === Number.POSITIVE_INFINITY;

function shun(state: SwarmState, peer: string, at: number): void {
  if (hasLied(state, peer)) return;
  const before = state.shunned.get(peer)?.coolMs;
  const coolMs = before === undefined ? COOL_MS : Math.min(2 * before, MOST_COOL_MS);
  state.shunned.set(peer, { until: at + coolMs, coolMs });
}

function overdue(state: SwarmState, at: number): SwarmCommand[] {
  const commands: SwarmCommand[] = [];
  for (const [sha256, fetch] of [...state.fetches]) {
    if (fetch.deadlineAt > at) continue;
    const { peer } = fetch;
    commands.push(...askNext(state, sha256, fetch, at));
    if (peer === null || [...state.fetches.values()].some((other) => other.peer === peer)) continue;
    commands.push({ type: 'Abandon', peer });
    shun(state, peer, at);
  }
  return commands;
}
