import { LEAST_BYTES_PER_SECOND } from '@pathfold/coordination/swarm/mind';
import type { Link } from './link.ts';
import { Answer, Ask, MAX_BLOB_BYTES, MAX_TEXT_BYTES, PIECE_BYTES, pieceOf, requestOf } from './wire.ts';

/** One blob on its way in. The size is known beforehand; a byte too many or too few ends it. */
export class Download {
  readonly result: Promise<Uint8Array | null>;
  private settle: (bytes: Uint8Array | null) => void = () => {};
  private readonly bytes: Uint8Array;
  private filled = 0;
  private answered = false;

  constructor(
    private readonly request: number,
    expectedBytes: number,
    private readonly onPiece: (bytes: number) => void,
  ) {
    this.result = new Promise((resolve) => {
      this.settle = resolve;
    });
    this.bytes = new Uint8Array(Math.min(expectedBytes, MAX_BLOB_BYTES));
    if (expectedBytes > MAX_BLOB_BYTES) this.fail();
  }

  receive(frame: string | Uint8Array): void {
    if (typeof frame === 'string') this.start(frame);
    else if (frame.length > 4 && frame.length <= 4 + PIECE_BYTES && requestOf(frame) === this.request) this.add(frame);
  }

  fail(): void {
    this.settle(null);
  }

  private start(frame: string) {
    const answer = Answer.safeParse(jsonOf(frame));
    if (!answer.success || answer.data.request !== this.request) return;
    if (answer.data.bytes !== this.bytes.length) return this.fail();
    this.answered = true;
  }

  private add(frame: Uint8Array) {
    const piece = frame.subarray(4);
    if (!this.answered || this.filled + piece.length > this.bytes.length) return this.fail();
    this.bytes.set(piece, this.filled);
    this.filled += piece.length;
    this.onPiece(piece.length);
    if (this.filled === this.bytes.length) this.settle(this.bytes);
  }
}

/** Answers one peer's asks, one after the other: a peer that asks too much waits, then is cut off. */
export class Serving {
  private queue: Promise<void> = Promise.resolve();
  private waiting = 0;
  private stopped = false;
  private servedAt: number;
  /** By then the next piece must have been taken. */
  private dueAt = Number.POSITIVE_INFINITY;

  constructor(
    private readonly read: (sha256: string) => Promise<Uint8Array | null>,
    private readonly now: () => number,
  ) {
    this.servedAt = now();
  }

  /** Whether the link should end: nothing was served for a while, or what was asked for is not taken (B5). */
  get overdue(): boolean {
    return this.waiting > 0 ? this.now() >= this.dueAt : this.now() - this.servedAt >= IDLE_MS;
  }

  answer(frame: string | Uint8Array, link: Link, onSent: (bytes: number) => void): void {
    const ask = typeof frame === 'string' ? Ask.safeParse(jsonOf(frame)) : null;
    if (!ask?.success || this.waiting >= MAX_WAITING) {
      link.close();
      return;
    }
    this.waiting++;
    this.queue = this.queue
      .then(() => this.serve(ask.data, link, onSent))
      .catch(() => link.close())
      .finally(() => this.waiting--);
  }

  stop(): void {
    this.stopped = true;
  }

  private async serve({ request, sha256 }: Ask, link: Link, onSent: (bytes: number) => void) {
    this.dueAt = this.now() + STALL_MS;
    const bytes = this.stopped ? null : await this.read(sha256);
    const endsAt = this.dueAt + (1000 * (bytes?.length ?? 0)) / LEAST_BYTES_PER_SECOND;
    await link.send(JSON.stringify({ request, bytes: bytes?.length ?? null }));
    for (let at = 0; bytes && at < bytes.length && !this.stopped; at += PIECE_BYTES) {
      const piece = bytes.subarray(at, at + PIECE_BYTES);
      await link.send(pieceOf(request, piece));
      this.servedAt = this.now();
      this.dueAt = Math.min(this.servedAt + STALL_MS, endsAt);
      onSent(piece.length);
    }
  }
}

const MAX_WAITING = 8;
/** Longest time without a blob served, and without a piece taken of one that was asked for. */
const IDLE_MS = 60_000;
const STALL_MS = 10_000;

function jsonOf(text: string): unknown {
  if (text.length > MAX_TEXT_BYTES) return null;
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
