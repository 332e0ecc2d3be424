import { WrongClock } from '../clock.ts';
import { isTrusted } from '../door.ts';
import type { Presence } from '../presence.ts';
import { Random } from '../random.ts';
import { Disk } from './disk.ts';
import type { Machine, Surroundings } from './machine.ts';
import { Tab } from './tab.ts';

/** Bytes of memory that hold any work of a simulation. */
const PLENTY = 1e9;
/** A page that was left is closed after so long. */
const LINGERS_MS = 5000;

/** A person's machine in virtual time: its disk outlives the pages that are opened on it, one after the other. */
export class VirtualVolunteer implements Machine {
  readonly id: string;
  readonly number: number;
  readonly around: Surroundings;
  readonly clock: WrongClock;
  readonly disk = new Disk();
  readonly tokensPerSecond: number;
  /** 0: it does not tell. */
  readonly memoryBytes: number;
  readonly claimedSpeed: number;
  readonly latencyMs: number;
  /** Mean time that a lease's blobs, or its contribution, take on its line. */
  readonly travelMs: number;
  /** Passes blobs to and from peers. */
  readonly shares: boolean;
  /** Never lies. */
  readonly honest: boolean;
  /** Leases that it has ever begun to compute. */
  readonly computed = new Set<string>();
  /** Leases that it was ever told of. */
  readonly told = new Set<string>();
  /** Since when all is well with it: welcomed, not stalled, not cut off; null otherwise. */
  wellSince: number | null = null;
  banned = false;
  cutOff = false;
  stalledUntil = 0;
  tab: Tab | null = null;
  readonly #presence: Presence<VirtualVolunteer>;
  #here = false;
  #hereSince: number | null = null;
  #lentMs = 0;

  /** `number`: counts those who ever came. */
  constructor(number: number, around: Surroundings, presence: Presence<VirtualVolunteer>) {
    const { random } = around;
    this.id = `v${number}`;
    this.number = number;
    this.around = around;
    this.#presence = presence;
    this.tokensPerSecond = random.around(256, 4);
    const claims = [0, this.tokensPerSecond, this.tokensPerSecond, 1e9, 1];
    this.claimedSpeed = around.lie > 0 ? random.pick(claims) : this.tokensPerSecond;
    this.latencyMs = random.around(50, 5);
    this.travelMs = random.around(800, random.chance(0.1) ? 20 : 4);
    this.honest = random.chance(0.7) || isTrusted(this.id);
    const own = new Random(around.seed ^ (number << 8));
    const isSmall = around.small && number % 3 === 0;
    this.memoryBytes = isSmall ? Math.round(own.around(2e6, 2)) : own.pick([0, PLENTY]);
    this.clock = new WrongClock(around.agenda, own.int(0, 1e9), own.around(1, 1.01));
    this.shares = own.chance(0.3);
  }

  /** Wants to take part. */
  get here(): boolean {
    return this.#here;
  }

  set here(here: boolean) {
    this.#here = here;
    if (here) this.#presence.enter(this);
    else this.#presence.leave(this);
  }

  /** For how long it has lent its machine, until now. */
  get lentMs(): number {
    return this.#lentMs + (this.#hereSince === null ? 0 : this.around.agenda.now - this.#hereSince);
  }

  get isStalled(): boolean {
    return this.stalledUntil > this.around.agenda.now;
  }

  /** Whether its work can be relied on: it tells the truth, has memory for all, and a link fast enough for a short round. */
  get isCapable(): boolean {
    return this.honest && this.travelMs < 3000 && (this.memoryBytes === 0 || this.memoryBytes >= PLENTY);
  }

  arrive(): void {
    this.here = true;
    this.#hereSince ??= this.around.agenda.now;
    this.tab ??= new Tab(this);
    this.tab.start();
  }

  /** Presses stop, and closes the page a little later. */
  leave(): void {
    this.#goAway();
    this.tab?.stop();
    this.#closeLater(this.tab, LINGERS_MS);
  }

  /** Does what it has in hand to its end, and then says good-bye. */
  finish(): void {
    this.here = false;
    this.tab?.finish();
  }

  /** Came to its end after `finish`. */
  finished(): void {
    this.#goAway();
    this.#closeLater(this.tab, 0);
  }

  /** Is gone with all that was not on its disk. `noticed`: the socket closes; otherwise the coordinator can only wait for silence. */
  vanish(noticed: boolean): void {
    this.#goAway();
    this.#closeTab(noticed);
  }

  /** The page is loaded again, in the middle of anything. */
  reload(): void {
    if (!this.tab) return;
    this.#closeTab(true);
    this.around.agenda.after(this.around.random.waitMs(2000), () => {
      if (this.here && !this.tab) this.arrive();
    });
  }

  /** Loses its connection, and goes on computing. */
  drop(noticed: boolean): void {
    this.tab?.loseSocket(noticed);
  }

  /** Neither computes nor sends for a while, with the socket open. */
  stall(ms: number): void {
    if (this.isStalled) return;
    this.stalledUntil = this.around.agenda.now + ms;
    this.noteWell();
    this.around.agenda.after(ms, () => this.noteWell());
  }

  split(cutOff: boolean): void {
    this.cutOff = cutOff;
    this.noteWell();
  }

  noteWell(): void {
    const isWell = this.here && !this.isStalled && !this.cutOff && (this.tab?.isConnected ?? false);
    if (!isWell) this.wellSince = null;
    else this.wellSince ??= this.around.agenda.now;
  }

  #goAway(): void {
    this.#lentMs = this.lentMs;
    this.#hereSince = null;
    this.here = false;
    this.noteWell();
  }

  #closeLater(tab: Tab | null, ms: number): void {
    this.around.agenda.after(ms, () => {
      if (tab && this.tab === tab && !this.here) this.#closeTab(true);
    });
  }

  #closeTab(noticed: boolean): void {
    this.tab?.close(noticed);
    this.tab = null;
    this.noteWell();
  }
}
