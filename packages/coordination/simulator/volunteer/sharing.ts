import type { BlobRef } from '@pathfold/protocol/blob';
import { initSwarm, type SwarmEvent } from '../../swarm/mind.ts';
import type { Machine, Page } from './machine.ts';
import { SwarmWatch } from './swarm-watch.ts';

const MOST_SERVED = 16;
const TICK_MS = 500;
const PIECES = 3;
/** A link is made within so long, or not at all: as packages/swarm/swarm.ts. */
const CONNECT_MS = 8000;
const LINK_MS = 300;
/** Shares: of the asked peers that stop in the middle and say nothing; of liars that send other bytes. */
const STALLS = 0.05;
const CORRUPTS = 0.3;

type WithoutTime<E> = E extends SwarmEvent ? Omit<E, 'at'> : never;

/** The real mind of the swarm, and what packages/swarm/swarm.ts does for it, over links that fail as they like. */
export class Sharing {
  readonly #tab: Page;
  readonly #state = initSwarm();
  readonly #watch: SwarmWatch;
  readonly #wanted = new Map<string, (found: boolean) => void>();
  /** Peers that there is a link to. */
  readonly #links = new Set<string>();
  #ticks = false;

  constructor(tab: Page) {
    this.#tab = tab;
    this.#watch = new SwarmWatch(tab.volunteer.id);
  }

  /** From a peer; `done` is told once, with false when no peer could serve it. */
  fetch({ sha256, bytes }: BlobRef, done: (found: boolean) => void): void {
    const present = this.#wanted.get(sha256);
    this.#wanted.set(sha256, (found) => {
      present?.(found);
      done(found);
    });
    if (!present) this.#step({ type: 'Wanted', sha256, bytes });
    this.#tick();
  }

  found(sha256: string, peers: readonly string[]): void {
    this.#step({ type: 'PeersFound', sha256, peers, random: this.#tab.volunteer.around.random.fraction() });
  }

  announce(): void {
    this.#tab.send({ type: 'have', blobs: this.#tab.volunteer.disk.blobs(MOST_SERVED) });
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
    for (const command of commands)
      if (command.type === 'FindPeers') this.#tab.send({ type: 'want', sha256: command.sha256 });
      else if (command.type === 'Ask') this.#ask(command.peer, command.sha256);
      else if (command.type === 'Abandon') this.#links.delete(command.peer);
      else this.#settle(command.sha256, false);
  }

  #settle(sha256: string, found: boolean): void {
    const done = this.#wanted.get(sha256);
    this.#wanted.delete(sha256);
    done?.(found);
  }

  #isAsked = (peer: string, sha256: string): boolean => this.#state.fetches.get(sha256)?.peer === peer;

  #ask(id: string, sha256: string): void {
    const { random, peer: find } = this.#tab.volunteer.around;
    const peer = find(id);
    const fail = () => this.#step({ type: 'Failed', sha256, peer: id });
    if (!peer || !this.#reaches(peer)) {
      this.#links.delete(id);
      this.#tab.later(CONNECT_MS, fail);
      return;
    }
    const connectMs = this.#links.has(id) ? 0 : random.waitMs(LINK_MS);
    this.#tab.later(connectMs + peer.latencyMs, () => {
      if (!this.#reaches(peer) || !peer.disk.hasBlob(sha256)) return fail();
      this.#links.add(id);
      this.#receive(peer, peer.tab!, sha256, PIECES);
    });
  }

  /** So many pieces are still to come. */
  #receive(peer: Machine, from: Page, sha256: string, left: number): void {
    const { random } = this.#tab.volunteer.around;
    this.#tab.later(random.waitMs(peer.travelMs / PIECES / 4), () => {
      // A link that is closed at the other end says so; one that is cut or stands still does not.
      if (!this.#links.has(peer.id) || from.isGone) return this.#step({ type: 'Failed', sha256, peer: peer.id });
      if (!this.#reaches(peer) || peer.isStalled || random.chance(STALLS)) return;
      this.#step({ type: 'PieceArrived', sha256, peer: peer.id });
      if (left > 1) return this.#receive(peer, from, sha256, left - 1);
      if (!peer.honest && random.chance(CORRUPTS)) {
        this.#links.delete(peer.id);
        return this.#step({ type: 'Corrupted', sha256, peer: peer.id });
      }
      if (!this.#isAsked(peer.id, sha256)) return;
      this.#step({ type: 'Delivered', sha256, peer: peer.id });
      this.#settle(sha256, true);
    });
  }

  #reaches({ tab, cutOff }: Machine): boolean {
    const { volunteer } = this.#tab;
    return tab !== null && cutOff === volunteer.cutOff && !volunteer.around.network.loses();
  }
}
