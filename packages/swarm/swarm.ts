import { initSwarm, type SwarmEvent, stepSwarm } from '@pathfold/coordination/swarm/mind';
import type { BlobRef } from '@pathfold/protocol/blob';
import type { Down, IceServer } from '@pathfold/protocol/down';
import type { Up } from '@pathfold/protocol/up';
import { type Link, openLink, type Wrtc } from './link.ts';
import { Download, Serving } from './transfer.ts';
import { LinkSignal } from './wire.ts';

export interface SwarmPorts {
  /** To the coordinator's socket. */
  send(message: Up): void;
  /** A blob that this volunteer serves, or null. */
  read(sha256: string): Promise<Uint8Array | null>;
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

/** Module shards between volunteers (B2-B4). */
export interface Swarm {
  /** A message of the coordinator's socket: `welcome`, `peers` and `signal` are for the swarm. */
  receive(message: Down): void;
  /** Replaces the list of blobs that are served. */
  have(blobs: readonly string[]): void;
  /** The blob from a peer, checked against its hash; null when no peer could serve it in time. */
  fetch(ref: BlobRef): Promise<Uint8Array | null>;
  close(): void;
}

const MAX_LINKS_IN = 16;
/** One peer may not take the place of others; two, because a link that it has lost may not be known to be lost here. */
const MAX_LINKS_FROM_ONE = 2;
const MAX_LINKS_OUT = 8;
const CONNECT_MS = 8_000;
/** Sooner than the other side would: nothing is asked on a link that is just being closed. */
const IDLE_MS = 50_000;
const TICK_MS = 500;
/** Signals that others cause: fewer than the coordinator takes from one volunteer. Those beyond are dropped, as on a bad network. */
const SIGNALS = { perTick: 8, burst: 80 };
/** Refusals a tick: whoever gets none gives up by itself. */
const REFUSALS_PER_TICK = 2;

interface Outgoing {
  readonly id: string;
  readonly link: Link;
  readonly open: Promise<boolean>;
  readonly downloads: Map<number, Download>;
  usedAt: number;
}

export function createSwarm(ports: SwarmPorts): Swarm {
  const mind = initSwarm();
  const wanted = new Map<
    string,
    { ref: BlobRef; settle(bytes: Uint8Array | null): void; result: Promise<Uint8Array | null> }
  >();
  const outgoing = new Map<string, Outgoing>();
  const incoming = new Map<string, { peer: string; link: Link; serving: Serving; beganAt: number }>();
  const served = new Set<string>();
  let iceServers: readonly IceServer[] = [];
  let receivedBytes = 0;
  let servedBytes = 0;
  let requests = 0;
  let signalsLeft = SIGNALS.burst;
  let refusalsLeft = REFUSALS_PER_TICK;

  const count = (received: number, sent: number) => {
    receivedBytes += received;
    servedBytes += sent;
    ports.onStats?.({ peers: outgoing.size + incoming.size, receivedBytes, servedBytes });
  };
  function signalTo(peer: string, signal: LinkSignal) {
    if (signalsLeft === 0) return;
    signalsLeft--;
    ports.send({ type: 'signal', to: peer, data: JSON.stringify(signal) });
  }
  function refuse(peer: string, id: string) {
    if (refusalsLeft === 0) return;
    refusalsLeft--;
    signalTo(peer, { link: id, opens: false, refused: true });
  }

  function step(event: SwarmEvent) {
    for (const command of stepSwarm(mind, event)) {
      if (command.type === 'FindPeers') ports.send({ type: 'want', sha256: command.sha256 });
      else if (command.type === 'Ask') void ask(command.peer, command.sha256);
      else if (command.type === 'Abandon') abandon(command.peer);
      else {
        wanted.get(command.sha256)?.settle(null);
        wanted.delete(command.sha256);
      }
    }
  }
  /** A link that is still being made may go on: it comes too late for this blob, and in time for the next. */
  function abandon(peer: string) {
    const link = outgoing.get(peer)?.link;
    if (link?.isOpen) link.close();
  }
  const stopTicking = ports.every(TICK_MS, () => {
    const at = ports.now();
    signalsLeft = Math.min(SIGNALS.burst, signalsLeft + SIGNALS.perTick);
    refusalsLeft = REFUSALS_PER_TICK;
    step({ type: 'Ticked', at });
    for (const { link, usedAt } of outgoing.values())
      if (at - usedAt >= (link.isOpen ? IDLE_MS : CONNECT_MS)) link.close();
    for (const { link, serving, beganAt } of incoming.values())
      if (link.isOpen ? serving.overdue : at - beganAt >= CONNECT_MS) link.close();
  });

  function linkTo(peer: string): Outgoing {
    const present = outgoing.get(peer);
    if (present) return present;
    const id = `${Math.floor(ports.random() * 2 ** 48).toString(36)}.${++requests}`;
    const downloads = new Map<number, Download>();
    let opened: (open: boolean) => void = () => {};
    const open = new Promise<boolean>((resolve) => {
      opened = resolve;
    });
    const link = openLink(true, iceServers, ports.wrtc, {
      onSignal: (signal) => signalTo(peer, { link: id, opens: true, signal }),
      onOpen: () => {
        opened(true);
        count(0, 0);
      },
      onFrame: (frame) => {
        for (const download of downloads.values()) download.receive(frame);
      },
      onClose: () => {
        opened(false);
        outgoing.delete(peer);
        for (const download of downloads.values()) download.fail();
        count(0, 0);
      },
    });
    const out = { id, link, open, downloads, usedAt: ports.now() };
    outgoing.set(peer, out);
    return out;
  }

  async function ask(peer: string, sha256: string) {
    const fail = () => step({ type: 'Failed', sha256, peer, at: ports.now() });
    const want = wanted.get(sha256);
    if (!want || (!outgoing.has(peer) && outgoing.size >= MAX_LINKS_OUT)) return fail();
    const isAsked = () => wanted.get(sha256) === want && mind.fetches.get(sha256)?.peer === peer;
    const out = linkTo(peer);
    if (!(await out.open)) return fail();
    if (!isAsked()) return;
    out.usedAt = ports.now();
    const request = ++requests;
    const download = new Download(request, want.ref.bytes, (bytes) => {
      count(bytes, 0);
      if (isAsked()) out.usedAt = ports.now();
      step({ type: 'PieceArrived', sha256, peer, at: ports.now() });
    });
    out.downloads.set(request, download);
    await out.link.send(JSON.stringify({ request, sha256 })).catch(() => download.fail());
    const bytes = await download.result;
    out.downloads.delete(request);
    out.usedAt = ports.now();
    if (bytes === null) return fail();
    if (!(await ports.verify(bytes, sha256))) {
      out.link.close();
      return step({ type: 'Corrupted', sha256, peer, at: ports.now() });
    }
    if (!isAsked()) return;
    step({ type: 'Delivered', sha256, peer, at: ports.now() });
    want.settle(bytes);
    wanted.delete(sha256);
  }

  function accept(peer: string, id: string) {
    const fromPeer = [...incoming.values()].filter((other) => other.peer === peer).length;
    if (served.size === 0 || incoming.size >= MAX_LINKS_IN || fromPeer >= MAX_LINKS_FROM_ONE) return refuse(peer, id);
    const serving = new Serving(async (sha256) => (served.has(sha256) ? ports.read(sha256) : null), ports.now);
    const link = openLink(false, iceServers, ports.wrtc, {
      onSignal: (signal) => signalTo(peer, { link: id, opens: false, signal }),
      onOpen: () => count(0, 0),
      onFrame: (frame) => void serving.answer(frame, link, (bytes) => count(0, bytes)),
      onClose: () => {
        serving.stop();
        incoming.delete(`${peer} ${id}`);
        count(0, 0);
      },
    });
    incoming.set(`${peer} ${id}`, { peer, link, serving, beganAt: ports.now() });
  }

  function receiveSignal(peer: string, data: string) {
    const parsed = LinkSignal.safeParse(parseJson(data));
    if (!parsed.success) return;
    const message = parsed.data;
    if (!message.opens) {
      const out = outgoing.get(peer);
      if (out?.id !== message.link) return;
      if ('refused' in message) out.link.close();
      else out.link.signal(message.signal);
    } else if ('signal' in message) {
      const key = `${peer} ${message.link}`;
      if (!incoming.has(key)) accept(peer, message.link);
      incoming.get(key)?.link.signal(message.signal);
    }
  }

  return {
    receive(message) {
      if (message.type === 'welcome') iceServers = message.iceServers;
      else if (message.type === 'signal') receiveSignal(message.from, message.data);
      else if (message.type === 'peers')
        step({
          type: 'PeersFound',
          sha256: message.sha256,
          peers: message.peers,
          random: ports.random(),
          at: ports.now(),
        });
    },
    have(blobs) {
      served.clear();
      for (const sha256 of blobs) served.add(sha256);
      ports.send({ type: 'have', blobs: [...served] });
    },
    fetch(ref) {
      const present = wanted.get(ref.sha256);
      if (present) return present.result;
      let settle: (bytes: Uint8Array | null) => void = () => {};
      const result = new Promise<Uint8Array | null>((resolve) => {
        settle = resolve;
      });
      wanted.set(ref.sha256, { ref, settle, result });
      step({ type: 'Wanted', sha256: ref.sha256, bytes: ref.bytes, at: ports.now() });
      return result;
    },
    close() {
      stopTicking();
      for (const out of [...outgoing.values()]) out.link.close();
      for (const link of [...incoming.values()]) link.link.close();
      for (const want of wanted.values()) want.settle(null);
      wanted.clear();
    },
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
