import type { IceServer } from '@pathfold/protocol/down';
import type { Up } from '@pathfold/protocol/up';
import { type Link, openLink, type Wrtc } from './link.ts';
import { LinkSignal } from './wire.ts';

const MOST_LINKS = 16;
const CONNECT_MS = 8_000;
/** A link over which no piece went for so long gives way to others, and after the longer time it is closed (B14). */
const IDLE_MS = 60_000;
const MOST_IDLE_MS = 600_000;
/** Signals that others cause: fewer than the coordinator takes from one volunteer. Those beyond are dropped, as on a bad network. */
const SIGNALS = { perSecond: 16, burst: 80 };
/** Refusals a second: whoever gets none gives up by itself. */
const REFUSALS_PER_SECOND = 4;

interface Entry {
  readonly id: string;
  /** Whether this side opened it. */
  readonly opens: boolean;
  readonly link: Link;
  readonly beganAt: number;
}

export interface LinksPorts {
  send(message: Up): void;
  readonly wrtc: Wrtc;
  now(): number;
  random(): number;
  accepts(peer: string): boolean;
  /** When a piece last went over the open link to this peer. */
  lastUsed(peer: string): number;
  onOpen(peer: string, link: Link): void;
  onFrame(peer: string, frame: string | Uint8Array): void;
  onClose(peer: string): void;
}

/** One link to each peer, whoever opened it. */
export function createLinks(ports: LinksPorts) {
  const { now } = ports;
  const entries = new Map<string, Entry>();
  let me = '';
  let iceServers: readonly IceServer[] = [];
  let opened = 0;
  let signalsLeft = SIGNALS.burst;
  let refusalsLeft = REFUSALS_PER_SECOND / 2;
  let tickedAt = now();

  function signalTo(peer: string, signal: LinkSignal): void {
    if (signalsLeft < 1) return;
    signalsLeft--;
    ports.send({ type: 'signal', to: peer, data: JSON.stringify(signal) });
  }
  function refuse(peer: string, id: string): void {
    if (refusalsLeft < 1) return;
    refusalsLeft--;
    signalTo(peer, { link: id, opens: false, refused: true });
  }

  function make(peer: string, id: string, opens: boolean): void {
    const isMine = () => entries.get(peer)?.link === link;
    let isKnown = false;
    /** The first frame may come before the word that the link is open. */
    const announce = () => {
      if (isKnown || !isMine()) return;
      isKnown = true;
      ports.onOpen(peer, link);
    };
    const link: Link = openLink(opens, iceServers, ports.wrtc, {
      onSignal: (signal) => signalTo(peer, { link: id, opens, signal }),
      onOpen: announce,
      onFrame(frame) {
        announce();
        if (isMine()) ports.onFrame(peer, frame);
      },
      onClose() {
        if (!isMine()) return;
        entries.delete(peer);
        ports.onClose(peer);
      },
    });
    entries.set(peer, { id, opens, link, beganAt: now() });
  }

  /** Whether there is room for one more: the link that was idle for longest gives way. */
  function hasRoom(): boolean {
    if (entries.size < MOST_LINKS) return true;
    const idle = [...entries]
      .filter(([peer, { link }]) => link.isOpen && now() - ports.lastUsed(peer) >= IDLE_MS)
      .sort(([a], [b]) => ports.lastUsed(a) - ports.lastUsed(b))[0];
    idle?.[1].link.close();
    return idle !== undefined;
  }

  function accept(peer: string, id: string): boolean {
    const present = entries.get(peer);
    // One that is still open here may be lost over there.
    const yields = present && (present.link.isOpen ? now() - ports.lastUsed(peer) >= CONNECT_MS : present.opens);
    if (!ports.accepts(peer) || (present && !yields) || (!present && !hasRoom())) return false;
    if (present) {
      const wasOpen = present.link.isOpen;
      entries.delete(peer);
      present.link.close();
      if (wasOpen) ports.onClose(peer);
    }
    make(peer, id, false);
    return true;
  }

  return {
    welcome(volunteer: string, servers: readonly IceServer[]): void {
      me = volunteer;
      iceServers = servers;
    },
    open(peer: string): void {
      if (entries.has(peer)) return;
      if (hasRoom()) make(peer, `${Math.floor(ports.random() * 2 ** 48).toString(36)}.${++opened}`, true);
      else ports.onClose(peer);
    },
    close(peer: string): void {
      entries.get(peer)?.link.close();
    },
    closeAll(): void {
      for (const { link } of [...entries.values()]) link.close();
    },
    signal(peer: string, data: string): void {
      const message = readSignal(data);
      if (!message) return;
      const isFor = (entry: Entry | undefined) => entry?.id === message.link && entry.opens !== message.opens;
      if ('refused' in message) {
        const entry = entries.get(peer);
        if (!message.opens && isFor(entry)) entry!.link.close();
        return;
      }
      // Both opened one at the same time: that of the smaller name stays. The other side hears so by this side's offer,
      // which may still be in the making; a refusal before it would read as a failure.
      const present = entries.get(peer);
      if (message.opens && present?.opens && !present.link.isOpen && me < peer) return;
      const isRefused = message.opens && !isFor(present) && !accept(peer, message.link);
      const entry = entries.get(peer);
      if (isRefused) refuse(peer, message.link);
      else if (isFor(entry)) entry!.link.signal(message.signal);
    },
    tick(): void {
      const at = now();
      const seconds = (at - tickedAt) / 1000;
      tickedAt = at;
      signalsLeft = Math.min(SIGNALS.burst, signalsLeft + SIGNALS.perSecond * seconds);
      refusalsLeft = Math.min(REFUSALS_PER_SECOND, refusalsLeft + REFUSALS_PER_SECOND * seconds);
      for (const [peer, { link, beganAt }] of [...entries])
        if (link.isOpen ? at - ports.lastUsed(peer) >= MOST_IDLE_MS : at - beganAt >= CONNECT_MS) link.close();
    },
  };
}

function readSignal(text: string): LinkSignal | null {
  try {
    return LinkSignal.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}
