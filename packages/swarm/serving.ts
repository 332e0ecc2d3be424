import { LEAST_BYTES_PER_SECOND } from '@pathfold/coordination/swarm/fetch';
import type { Link } from './link.ts';
import { FRAME_BYTES, frameOf, type PeerMessage } from './wire.ts';

type Ask = Extract<PeerMessage, { ask: number }>;

/** Longest time without a frame taken of a piece that was asked for. */
const STALL_MS = 10_000;
const MOST_WAITING = 8;
const MOST_TAKERS = 4;
/** Each taker gets at least so much of a bounded upload, so that none of them takes this peer for a dead one. */
const LEAST_TAKER_BYTES_PER_SECOND = 16 * 1024;
/** A peer that waits so long for its turn is refused, and asks elsewhere. */
const TURN_MS = 1_000;

interface Waiting {
  readonly since: number;
  go(isTurn: boolean): void;
}

/** The upload of one volunteer: so many takers at a time, and no more bytes a second than its person allows. */
export class Uplink {
  readonly #waiting: Waiting[] = [];
  readonly #drained: (() => void)[] = [];
  readonly #now: () => number;
  #bytesPerSecond = Number.POSITIVE_INFINITY;
  #mostTakers = MOST_TAKERS;
  #takers = 0;
  #left = Number.POSITIVE_INFINITY;
  #filledAt: number;

  constructor(now: () => number) {
    this.#now = now;
    this.#filledAt = now();
  }

  /** @param bytesPerSecond Infinity where nothing is bounded */
  limit(bytesPerSecond: number): void {
    this.#bytesPerSecond = bytesPerSecond;
    this.#left = Math.min(this.#left, bytesPerSecond);
    if (bytesPerSecond === Number.POSITIVE_INFINITY) this.#left = bytesPerSecond;
    this.#mostTakers = Math.max(1, Math.min(MOST_TAKERS, Math.floor(bytesPerSecond / LEAST_TAKER_BYTES_PER_SECOND)));
  }

  /** Whether there is a place now or soon; who got one gives it back by `leave`. */
  async enter(): Promise<boolean> {
    if (this.#takers < this.#mostTakers) {
      this.#takers++;
      return true;
    }
    return new Promise((go) => this.#waiting.push({ since: this.#now(), go }));
  }

  leave(): void {
    const next = this.#takers <= this.#mostTakers ? this.#waiting.shift() : undefined;
    if (next) next.go(true);
    else this.#takers--;
  }

  /** Waits until so many bytes may go out. */
  async spend(bytes: number): Promise<void> {
    while (this.#left <= 0) await new Promise<void>((go) => this.#drained.push(go));
    this.#left -= bytes;
  }

  tick(): void {
    const now = this.#now();
    if (this.#bytesPerSecond < Number.POSITIVE_INFINITY) {
      const earned = (this.#bytesPerSecond * (now - this.#filledAt)) / 1000;
      this.#left = Math.min(this.#bytesPerSecond, this.#left + earned);
    }
    this.#filledAt = now;
    for (const go of this.#drained.splice(0)) go();
    while (this.#waiting[0] && now >= this.#waiting[0].since + TURN_MS) this.#waiting.shift()!.go(false);
  }
}

/** Answers one peer's asks, one after the other. */
export class Serving {
  readonly #link: Link;
  readonly #uplink: Uplink;
  readonly #read: (ask: Ask) => Promise<Uint8Array | null>;
  readonly #now: () => number;
  readonly #onSent: (bytes: number) => void;
  readonly #open = new Set<number>();
  #queue: Promise<void> = Promise.resolve();
  /** By then the next frame must have been taken. */
  #dueAt = Number.POSITIVE_INFINITY;

  constructor(
    link: Link,
    uplink: Uplink,
    read: (ask: Ask) => Promise<Uint8Array | null>,
    now: () => number,
    onSent: (bytes: number) => void,
  ) {
    this.#link = link;
    this.#uplink = uplink;
    this.#read = read;
    this.#now = now;
    this.#onSent = onSent;
  }

  /** Whether the peer asks and does not take what it asked for (B14). */
  get overdue(): boolean {
    return this.#now() >= this.#dueAt;
  }

  /** False when the peer asks for too much at once. */
  answer(ask: Ask): boolean {
    if (this.#open.size >= MOST_WAITING || this.#open.has(ask.ask)) return false;
    this.#open.add(ask.ask);
    this.#queue = this.#queue
      .then(() => this.#serve(ask))
      .catch(() => this.#link.close())
      .finally(() => this.#open.delete(ask.ask));
    return true;
  }

  cancel(request: number): void {
    this.#open.delete(request);
  }

  async #serve(ask: Ask): Promise<void> {
    const isTurn = this.#open.has(ask.ask) && (await this.#uplink.enter());
    try {
      const bytes = isTurn && this.#open.has(ask.ask) ? await this.#read(ask) : null;
      if (bytes?.length !== ask.bytes) return await this.#refuse(ask, !isTurn);
      let allowedMs = STALL_MS + (1000 * bytes.length) / LEAST_BYTES_PER_SECOND;
      for (let at = 0; at < bytes.length; at += FRAME_BYTES) {
        if (!this.#open.has(ask.ask)) return await this.#refuse(ask, false);
        const frame = bytes.subarray(at, at + FRAME_BYTES);
        await this.#uplink.spend(frame.length);
        const before = this.#now();
        this.#dueAt = before + Math.min(STALL_MS, allowedMs);
        await this.#link.send(frameOf(ask.ask, frame));
        allowedMs -= this.#now() - before;
        this.#onSent(frame.length);
      }
    } finally {
      this.#dueAt = Number.POSITIVE_INFINITY;
      if (isTurn) this.#uplink.leave();
    }
  }

  #refuse({ ask }: Ask, busy: boolean): Promise<void> {
    return this.#link.send(JSON.stringify({ refused: ask, busy } satisfies PeerMessage));
  }
}
