import type { BlobRef } from '@pathfold/protocol/blob';
import type { SwarmCommand, SwarmEvent } from '../../swarm/events.ts';
import { COORDINATOR } from '../../swarm/fetch.ts';
import { initSwarm } from '../../swarm/peers.ts';
import type { Machine, Page } from './machine.ts';
import { SwarmWatch } from './swarm-watch.ts';

const MOST_SERVED = 16;
const TICK_MS = 250;
const PIECES = 6;
/** A link is made within so long, or not at all: as packages/swarm/links.ts. */
const CONNECT_MS = 8000;
const LINK_MS = 300;
/** A peer says so often what has come to it. */
const NEWS_MS = 400;
/** Attempts to get pieces from the coordinator, and the pause after the first; as packages/volunteer/fetching/download.ts. */
const MOST_FAILURES = 5;
const PAUSE_MS = 400;
/** Shares: of the asked pieces that never come; of a liar's pieces that are other bytes. */
const STALLS = 0.03;
const CORRUPTS = 0.2;

type WithoutTime<E> = E extends SwarmEvent ? Omit<E, 'at'> : never;

/** The real mind of the swarm, and what packages/swarm/swarm.ts does for it, over links that fail as they like. */
export class Sharing {
  readonly #tab: Page;
  readonly #state = initSwarm();
  readonly #watch: SwarmWatch;
  readonly #wanted = new Map<string, { readonly ref: BlobRef; readonly done: ((found: boolean) => void)[] }>();
  /** Peers that there is a link to. */
  readonly #links = new Set<string>();
  #ticks = false;

  constructor(tab: Page) {
    this.#tab = tab;
    this.#watch = new SwarmWatch(tab.volunteer.id);
  }

  /** From peers and the coordinator; `done` is told once, with false when not even the coordinator could serve it. */
  fetch(ref: BlobRef, done: (found: boolean) => void): void {
    const { sha256, bytes } = ref;
    const present = this.#wanted.get(sha256);
    if (present) {
      present.done.push(done);
      return;
    }
    this.#wanted.set(sha256, { ref, done: [done] });
    const random = this.#tab.volunteer.around.random.fraction();
    this.#step({ type: 'Wanted', sha256, bytes, pieces: PIECES, here: [], random });
    this.#tick();
  }

  found(message: Pick<Extract<SwarmEvent, { type: 'PeersFound' }>, 'sha256' | 'peers' | 'slice'>): void {
    const { sha256, peers } = message;
    // The coordinator deals pieces by their true size.
    const slice = message.slice && { from: 0, to: PIECES };
    this.#step({ type: 'PeersFound', sha256, peers, slice });
  }

  announce(): void {
    this.#tab.send({ type: 'have', blobs: this.#tab.volunteer.disk.blobs(MOST_SERVED) });
  }

  /** The pieces that are here of a blob that is on its way; null when it is not. */
  coming(sha256: string): readonly number[] | null {
    const here = this.#state.fetches.get(sha256)?.here;
    return here ? [...here.keys()].filter((piece) => here[piece] === 1) : null;
  }

  look(): void {
    this.#watch.look(this.#tab.volunteer.clock.now());
  }

  #tick(): void {
    if (this.#ticks || this.#state.fetches.size === 0) return;
    this.#ticks = true;
    this.#tab.later(this.#tab.volunteer.clock.trueMs(TICK_MS), () => {
      this.#ticks = false;
      this.#step({ type: 'Ticked' });
      this.#tick();
    });
  }

  #step(happening: WithoutTime<SwarmEvent>): void {
    const event = { ...happening, at: this.#tab.volunteer.clock.now() } as SwarmEvent;
    const commands = this.#tab.volunteer.around.swarm(this.#state, event);
    this.#watch.see(event, commands, this.#state);
    for (const command of commands) this.#perform(command);
  }

  #perform(command: SwarmCommand): void {
    switch (command.type) {
      case 'FindPeers': {
        const { bytes } = this.#wanted.get(command.sha256)!.ref;
        this.#tab.send({ type: 'want', sha256: command.sha256, bytes });
        return;
      }
      case 'Connect':
        this.#connect(command.peer);
        return;
      case 'Tell':
        this.#listen(command.peer, command.sha256);
        return;
      case 'Ask':
        this.#ask(command.peer, command.sha256, command.piece);
        return;
      case 'AskCoordinator':
        this.#download(command.sha256, command.pieces);
        return;
      case 'Drop':
        this.#links.delete(command.peer);
        this.#tab.send({ type: 'report', peer: command.peer, fault: command.fault });
        return;
      case 'Complete':
      case 'GiveUp': {
        const want = this.#wanted.get(command.sha256);
        this.#wanted.delete(command.sha256);
        for (const done of want?.done ?? []) done(command.type === 'Complete');
      }
    }
  }

  #connect(id: string): void {
    const peer = this.#tab.volunteer.around.peer(id);
    const isMade = peer !== undefined && this.#reaches(peer);
    this.#tab.later(isMade ? this.#tab.volunteer.around.random.waitMs(LINK_MS) + peer.latencyMs : CONNECT_MS, () => {
      if (!isMade || !this.#reaches(peer)) return this.#step({ type: 'LinkClosed', peer: id });
      this.#links.add(id);
      this.#step({ type: 'LinkOpened', peer: id });
    });
  }

  /** The part of a blob that a peer has, again and again while it is wanted. */
  #listen(id: string, sha256: string): void {
    const peer = this.#tab.volunteer.around.peer(id);
    if (!peer) return;
    this.#tab.later(peer.latencyMs, () => {
      if (!this.#links.has(id) || !this.#state.fetches.has(sha256)) return;
      if (!peer.tab) {
        this.#links.delete(id);
        return this.#step({ type: 'LinkClosed', peer: id });
      }
      if (this.#reaches(peer) && !peer.isStalled) {
        const coming = peer.tab.sharing?.coming(sha256) ?? null;
        const pieces = peer.disk.hasBlob(sha256) ? 'all' : (coming ?? []);
        this.#step({ type: 'Promised', sha256, peer: id, pieces, more: coming !== null });
      }
      this.#tab.later(NEWS_MS, () => this.#listen(id, sha256));
    });
  }

  #ask(id: string, sha256: string, piece: number): void {
    const { random, peer: find } = this.#tab.volunteer.around;
    const peer = find(id)!;
    const from = peer.tab;
    this.#tab.later(peer.latencyMs + random.waitMs(peer.travelMs / PIECES / 4), () => {
      if (!this.#links.has(id)) return;
      // A link that is closed at the other end says so; one that is cut or stands still does not.
      if (!from || from.isGone) {
        this.#links.delete(id);
        return this.#step({ type: 'LinkClosed', peer: id });
      }
      if (!this.#reaches(peer) || peer.isStalled || random.chance(STALLS)) return;
      const source = { sha256, piece, from: id };
      if (!peer.disk.hasBlob(sha256) && !from.sharing?.coming(sha256)?.includes(piece))
        return this.#step({ type: 'PieceRefused', ...source, busy: random.chance(0.5) });
      this.#step({ type: !peer.honest && random.chance(CORRUPTS) ? 'PieceBad' : 'PieceArrived', ...source });
    });
  }

  #download(sha256: string, pieces: readonly number[], failures = 0): void {
    const { volunteer } = this.#tab;
    const { network, door } = volunteer.around;
    const pauseMs = failures === 0 ? 0 : PAUSE_MS * 2 ** failures;
    this.#tab.later(pauseMs + volunteer.latencyMs + volunteer.travelMs / PIECES, () => {
      const [piece, ...rest] = pieces as [number, ...number[]];
      const source = { sha256, piece, from: COORDINATOR };
      if (door.isOpen && !network.fails(volunteer)) {
        this.#step({ type: 'PieceArrived', ...source });
        if (rest.length > 0) this.#download(sha256, rest);
      } else if (failures + 1 < MOST_FAILURES) this.#download(sha256, pieces, failures + 1);
      else for (const missed of pieces) this.#step({ type: 'PieceRefused', ...source, piece: missed, busy: false });
    });
  }

  #reaches({ tab, cutOff }: Machine): boolean {
    const { volunteer } = this.#tab;
    return tab !== null && cutOff === volunteer.cutOff && !volunteer.around.network.loses();
  }
}
