import type { Down } from '@pathfold/protocol/down';
import type { Up } from '@pathfold/protocol/up';
import type { Agenda } from './agenda.ts';
import type { Random } from './random.ts';

/** Chances, for each message. */
export interface Hazards {
  readonly duplicate: number;
  readonly reorder: number;
  /** On HTTP the exchange fails; on a socket nothing passes from then on, and neither end is told. */
  readonly lose: number;
}

/** The line of one machine. */
export interface Line {
  readonly id: string;
  readonly latencyMs: number;
  /** On the other side of a split: nothing passes, and nobody is told. */
  readonly cutOff: boolean;
}

export interface SessionEnds {
  heardUp(session: Session, message: Up): void;
  closedUp(session: Session): void;
  heardDown(message: Down): void;
  closedDown(): void;
}

/** A lost message ends a socket more rarely than an exchange over HTTP: the kernel sends it again. */
const SOCKET_LOSSES = 0.01;
const isBeat = ({ type }: Up | Down): boolean => type === 'ping' || type === 'pong';

/** Carries messages in virtual time: late, twice, in another order, or not at all. */
export class Network {
  readonly #agenda: Agenda;
  readonly #random: Random;
  readonly #hazards: Hazards;
  readonly #faults: { duplicates: number; reorderings: number };

  constructor(agenda: Agenda, random: Random, hazards: Hazards, faults: { duplicates: number; reorderings: number }) {
    this.#agenda = agenda;
    this.#random = random;
    this.#hazards = hazards;
    this.#faults = faults;
  }

  /** Whether an exchange over HTTP, or a link to a peer, comes to grief. */
  loses(): boolean {
    return this.#random.chance(this.#hazards.lose);
  }

  fails({ cutOff }: Line): boolean {
    return cutOff || this.loses();
  }

  /** `arrive` happens later, if the line carries it there. */
  carry(session: Session, message: Up | Down | null, arrive: () => void): void {
    const { line } = session;
    const plain = message === null || isBeat(message);
    if (line.cutOff || (!plain && this.#random.chance(this.#hazards.lose * SOCKET_LOSSES))) session.dead = true;
    if (session.dead) return;
    const come = () => {
      if (line.cutOff) session.dead = true;
      if (!session.dead) arrive();
    };
    const late = !plain && this.#random.chance(this.#hazards.reorder);
    if (late) this.#faults.reorderings++;
    this.#agenda.after(line.latencyMs + (late ? this.#random.waitMs(2000) : 0), come);
    if (plain || !this.#random.chance(this.#hazards.duplicate)) return;
    this.#faults.duplicates++;
    this.#agenda.after(line.latencyMs + this.#random.waitMs(20_000), come);
  }
}

/** One socket of a volunteer. */
export class Session {
  /** Nothing passes any more, and neither end was told. */
  dead = false;
  openAtTab = true;
  openAtHost = false;
  readonly #network: Network;
  readonly line: Line;
  readonly #ends: SessionEnds;

  constructor(network: Network, line: Line, ends: SessionEnds) {
    this.#network = network;
    this.line = line;
    this.#ends = ends;
  }

  up(message: Up): void {
    this.#network.carry(this, message, () => {
      if (this.openAtHost) this.#ends.heardUp(this, message);
    });
  }

  down(message: Down): void {
    this.#network.carry(this, message, () => {
      if (this.openAtTab) this.#ends.heardDown(message);
    });
  }

  closeAtTab(): void {
    this.openAtTab = false;
    this.#network.carry(this, null, () => this.#ends.closedUp(this));
  }

  closeAtHost(): void {
    this.openAtHost = false;
    this.#network.carry(this, null, () => {
      if (!this.openAtTab) return;
      this.openAtTab = false;
      this.#ends.closedDown();
    });
  }
}
