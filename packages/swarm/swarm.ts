import type { SwarmCommand, SwarmEvent } from '@pathfold/coordination/swarm/events';
import { COORDINATOR } from '@pathfold/coordination/swarm/fetch';
import { stepSwarm } from '@pathfold/coordination/swarm/mind';
import { initSwarm, isShunned } from '@pathfold/coordination/swarm/peers';
import { MOST_SHARED_BYTES, pieceAt, pieceRange } from '@pathfold/coordination/swarm/pieces';
import type { BlobRef } from '@pathfold/protocol/blob';
import type { Down } from '@pathfold/protocol/down';
import type { Up } from '@pathfold/protocol/up';
import type { Gathered } from './gathered.ts';
import type { Wrtc } from './link.ts';
import { createLinks } from './links.ts';
import { Peer } from './peer.ts';
import { Uplink } from './serving.ts';
import { hashIn, type Range, rangesOf } from './source.ts';
import { gatheredOf, keptPieces, newWant, type Want } from './want.ts';

export interface SwarmPorts {
  /** To the coordinator's socket. */
  send(message: Up): void;
  /** Bytes [start, end) of a blob that this volunteer serves, or null. */
  read(sha256: string, start: number, end: number): Promise<Uint8Array | null>;
  readonly range: Range;
  /** The sha256 of each piece of a blob, from the coordinator, one after the other; null when it has none. */
  table(ref: BlobRef): Promise<Uint8Array | null>;
  /** True when the bytes have this sha256. */
  verify(bytes: Uint8Array, sha256: string): Promise<boolean>;
  readonly wrtc: Wrtc;
  /** Milliseconds, never going back. */
  now(): number;
  /** Calls back again and again; answers how to stop. Must keep time in a hidden page. */
  every(ms: number, callback: () => void): () => void;
  /** In [0, 1). */
  random(): number;
  /** Called whenever the counts change. */
  onStats?(stats: SwarmStats): void;
}

export interface SwarmStats {
  readonly peers: number;
  readonly receivedBytes: number;
  readonly servedBytes: number;
}

/** Blobs between volunteers (B2 to B15). */
export interface Swarm {
  /** A message of the coordinator's socket: `welcome`, `peers` and `signal` are for the swarm. */
  receive(message: Down): void;
  /** Replaces the list of blobs that are served. */
  have(blobs: readonly string[]): void;
  /** The blob in pieces from peers and the coordinator, each checked: all that they give, with what was there before. */
  fetch(ref: BlobRef, begun: Gathered | null): Promise<Gathered | null>;
  /** Bytes a second that go to peers at most; Infinity: any. */
  limitUpload(bytesPerSecond: number): void;
  close(): void;
}

const TICK_MS = 250;
/** A blob that has come is served from memory until it is served from the disk, at most so long. */
const LINGER_MS = 60_000;
const NOTHING = { pieces: new Uint8Array(), more: false };

type WithoutTime<E> = E extends SwarmEvent ? Omit<E, 'at'> : never;

export function createSwarm(ports: SwarmPorts): Swarm {
  const { now } = ports;
  const mind = initSwarm();
  const wanted = new Map<string, Want>();
  const finished = new Map<string, { readonly bytes: Uint8Array; readonly at: number }>();
  const served = new Set<string>();
  const peers = new Map<string, Peer>();
  /** By blob, pieces that came and that peers were not told of. */
  const news = new Map<string, number[]>();
  const uplink = new Uplink(now);
  const stats = { peers: 0, receivedBytes: 0, servedBytes: 0 };
  const count = (change: Partial<SwarmStats>) => ports.onStats?.({ ...Object.assign(stats, change) });

  const links = createLinks({
    ...{ send: ports.send, wrtc: ports.wrtc, now, random: ports.random },
    accepts: (peer) => !isShunned(mind, peer, now()),
    lastUsed: (peer) => peers.get(peer)?.usedAt ?? 0,
    onOpen(peer, link) {
      peers.set(peer, new Peer(link, uplink, eventsOf(peer)));
      step({ type: 'LinkOpened', peer });
      count({ peers: peers.size });
    },
    onFrame: (peer, frame) => peers.get(peer)?.receive(frame),
    onClose(peer) {
      peers.delete(peer);
      step({ type: 'LinkClosed', peer });
      count({ peers: peers.size });
    },
  });

  const eventsOf = (peer: string) => ({
    now,
    own(sha256: string) {
      if (served.has(sha256) || finished.has(sha256)) return { pieces: 'all' as const, more: false };
      const want = wanted.get(sha256);
      return want ? { pieces: want.here, more: true } : NOTHING;
    },
    read,
    onOffer: (sha256: string, pieces: readonly number[] | 'all', more: boolean | null) =>
      step({ type: 'Promised', sha256, peer, pieces, more }),
    onPiece: (sha256: string, piece: number, bytes: Uint8Array) => void arrive(sha256, piece, bytes, peer),
    onRefused: (sha256: string, piece: number, busy: boolean) =>
      step({ type: 'PieceRefused', sha256, piece, from: peer, busy }),
    onHeard(bytes: number) {
      step({ type: 'Heard', peer });
      count({ receivedBytes: stats.receivedBytes + bytes });
    },
    onSent: (bytes: number) => count({ servedBytes: stats.servedBytes + bytes }),
    onMisbehaved: () => step({ type: 'Misbehaved', peer }),
  });

  async function read(sha256: string, start: number, end: number): Promise<Uint8Array | null> {
    const whole = finished.get(sha256)?.bytes;
    if (whole) return whole.subarray(start, end);
    const want = wanted.get(sha256);
    if (!want) return served.has(sha256) ? ports.read(sha256, start, end) : null;
    const piece = pieceAt(want.ref.bytes, start);
    const isHere = want.here[piece] === 1 && end <= pieceRange(want.ref.bytes, piece).end;
    return isHere ? want.bytes.subarray(start, end) : null;
  }

  async function arrive(sha256: string, piece: number, bytes: Uint8Array, from: string): Promise<void> {
    const want = wanted.get(sha256);
    const table = await want?.table;
    if (!want || !table || wanted.get(sha256) !== want) return;
    const isGood = await ports.verify(bytes, hashIn(table, piece));
    if (wanted.get(sha256) !== want) return;
    if (!isGood) return step({ type: 'PieceBad', sha256, piece, from });
    want.bytes.set(bytes, pieceRange(want.ref.bytes, piece).start);
    want.here[piece] = 1;
    news.set(sha256, [...(news.get(sha256) ?? []), piece]);
    step({ type: 'PieceArrived', sha256, piece, from });
    // Nobody else has what comes from the coordinator; the rest can wait for a tick.
    if (from === COORDINATOR) tellNews(sha256);
  }

  function tellNews(sha256: string): void {
    const pieces = news.get(sha256) ?? [];
    news.delete(sha256);
    const offers = mind.fetches.get(sha256)?.offers;
    for (const [id, peer] of peers) {
      const its = offers?.get(id)?.pieces;
      peer.note(
        sha256,
        pieces.filter((piece) => its?.[piece] !== 1),
      );
    }
  }

  const step = (event: WithoutTime<SwarmEvent>): void => {
    for (const command of stepSwarm(mind, { ...event, at: now() } as SwarmEvent)) perform(command);
  };

  function perform(command: SwarmCommand): void {
    if (command.type === 'Connect') links.open(command.peer);
    else if (command.type === 'Drop') {
      ports.send({ type: 'report', peer: command.peer, fault: command.fault });
      links.close(command.peer);
    } else {
      const want = wanted.get(command.sha256);
      if (want) performFor(want, command);
    }
  }

  function performFor(want: Want, command: Exclude<SwarmCommand, { type: 'Connect' | 'Drop' }>): void {
    switch (command.type) {
      case 'FindPeers':
        ports.send({ type: 'want', ...want.ref });
        return;
      case 'Tell':
        peers.get(command.peer)?.tell(want.ref);
        return;
      case 'Ask':
        peers.get(command.peer)?.ask(want.ref, command.piece);
        return;
      case 'Cancel':
        peers.get(command.peer)?.cancel(command.sha256, command.piece);
        return;
      case 'AskCoordinator':
        download(want, command.pieces);
        return;
      case 'Complete':
        finished.set(want.ref.sha256, { bytes: want.bytes, at: now() });
        finish(want, { bytes: want.bytes.slice(), holes: [] });
        return;
      case 'GiveUp':
        finish(want, gatheredOf(want));
    }
  }

  function download(want: Want, pieces: readonly number[]): void {
    const all = fetchPieces(want, pieces).finally(() => want.downloads.delete(all));
    want.downloads.add(all);
  }

  async function fetchPieces({ ref }: Want, pieces: readonly number[]): Promise<void> {
    const { sha256 } = ref;
    const arrivals: Promise<void>[] = [];
    const missed = await rangesOf(ports.range, ref, pieces, (piece, bytes) =>
      arrivals.push(arrive(sha256, piece, bytes, COORDINATOR)),
    );
    await Promise.all(arrivals);
    for (const piece of missed) step({ type: 'PieceRefused', sha256, piece, from: COORDINATOR, busy: false });
  }

  function finish(want: Want, gathered: Gathered): void {
    const { sha256 } = want.ref;
    wanted.delete(sha256);
    news.delete(sha256);
    want.settle(gathered);
    for (const peer of peers.values()) {
      peer.enough(sha256);
      if (gathered.holes.length === 0) peer.note(sha256, 'all');
    }
  }

  async function begin(want: Want, begun: Gathered | null): Promise<void> {
    const { sha256, bytes } = want.ref;
    const pieces = want.here.length;
    const here = begun ? await keptPieces(want, begun, ports.verify) : [];
    if (wanted.get(sha256) !== want) return;
    for (const piece of here) want.here[piece] = 1;
    step({ type: 'Wanted', sha256, bytes, pieces, here, random: ports.random() });
    const hashes = await want.table;
    if (hashes?.length !== 32 * pieces && wanted.get(sha256) === want) step({ type: 'NoTable', sha256 });
  }

  const stopTicking = ports.every(TICK_MS, () => {
    const at = now();
    links.tick();
    uplink.tick();
    for (const [id, peer] of [...peers]) {
      peer.tick();
      if (peer.overdue) links.close(id);
    }
    for (const sha256 of [...news.keys()]) tellNews(sha256);
    for (const [sha256, { at: since }] of finished) if (at >= since + LINGER_MS) finished.delete(sha256);
    step({ type: 'Ticked' });
  });

  return {
    receive(message) {
      if (message.type === 'welcome') links.welcome(message.volunteer, message.iceServers);
      else if (message.type === 'signal') links.signal(message.from, message.data);
      else if (message.type === 'peers') step({ ...message, type: 'PeersFound' });
    },
    have(blobs) {
      const before = new Set(served);
      served.clear();
      for (const sha256 of blobs) {
        served.add(sha256);
        finished.delete(sha256);
        if (!before.has(sha256)) for (const peer of peers.values()) peer.note(sha256, 'all');
      }
      ports.send({ type: 'have', blobs: [...served] });
    },
    async fetch(ref, begun) {
      const present = wanted.get(ref.sha256);
      if (present) return present.result;
      if (ref.bytes === 0 || ref.bytes > MOST_SHARED_BYTES) return begun;
      const want = newWant(ref, begun, ports.table);
      wanted.set(ref.sha256, want);
      void begin(want, begun);
      return want.result;
    },
    limitUpload: (bytesPerSecond) => uplink.limit(bytesPerSecond),
    close() {
      stopTicking();
      mind.fetches.clear();
      links.closeAll();
      for (const want of wanted.values()) void Promise.all(want.downloads).then(() => finish(want, gatheredOf(want)));
    },
  };
}
