import { pieceCount, pieceRange } from '@pathfold/coordination/swarm/pieces';
import type { BlobRef } from '@pathfold/protocol/blob';
import type { Link } from './link.ts';
import { Serving, type Uplink } from './serving.ts';
import { bitsOf, MOST_GOT, type PeerMessage, piecesOf, readFrame, readMessage } from './wire.ts';

/** The part of a blob that a volunteer has: all of it, or by piece 1 or 0. `more`: it is getting it. */
export interface Own {
  readonly pieces: Uint8Array | 'all';
  readonly more: boolean;
}

export interface PeerEvents {
  now(): number;
  own(sha256: string): Own;
  read(sha256: string, start: number, end: number): Promise<Uint8Array | null>;
  onOffer(sha256: string, pieces: readonly number[] | 'all', more: boolean | null): void;
  onPiece(sha256: string, piece: number, bytes: Uint8Array): void;
  onRefused(sha256: string, piece: number, busy: boolean): void;
  /** A part of a piece has come. */
  onHeard(bytes: number): void;
  onSent(bytes: number): void;
  onMisbehaved(): void;
}

interface Request {
  readonly sha256: string;
  readonly piece: number;
  readonly bytes: Uint8Array;
  filled: number;
  cancelled: boolean;
}

/** Blobs that one peer may wait for, and messages that it may send from one tick to the next. */
const MOST_WANTED = 256;
const MESSAGES_PER_TICK = 2_000;

/** One peer over an open link: what is asked of it, and what it asks for. */
export class Peer {
  readonly #link: Link;
  readonly #events: PeerEvents;
  readonly #serving: Serving;
  readonly #requests = new Map<number, Request>();
  /** The pieces that it waits for. */
  readonly #wanted = new Set<string>();
  #lastRequest = 0;
  #messages = 0;
  /** When a piece last went over the link, either way. */
  usedAt: number;

  constructor(link: Link, uplink: Uplink, events: PeerEvents) {
    this.#link = link;
    this.#events = events;
    this.usedAt = events.now();
    this.#serving = new Serving(
      link,
      uplink,
      ({ sha256, start, bytes }) => events.read(sha256, start, start + bytes),
      events.now,
      (bytes) => {
        this.usedAt = events.now();
        events.onSent(bytes);
      },
    );
  }

  get overdue(): boolean {
    return this.#serving.overdue;
  }

  tick(): void {
    this.#messages = 0;
  }

  tell({ sha256, bytes }: BlobRef): void {
    this.#say({ want: sha256, bytes });
  }

  enough(sha256: string): void {
    this.#say({ enough: sha256 });
  }

  ask(ref: BlobRef, piece: number): void {
    const { start, end } = pieceRange(ref.bytes, piece);
    const { sha256 } = ref;
    const ask = ++this.#lastRequest;
    this.#requests.set(ask, { sha256, piece, bytes: new Uint8Array(end - start), filled: 0, cancelled: false });
    this.#say({ ask, sha256, start, bytes: end - start });
  }

  cancel(sha256: string, piece: number): void {
    for (const [cancel, request] of this.#requests) {
      if (request.sha256 !== sha256 || request.piece !== piece || request.cancelled) continue;
      request.cancelled = true;
      this.#say({ cancel });
    }
  }

  /** These pieces have come here, or all. */
  note(sha256: string, pieces: readonly number[] | 'all'): void {
    if (!this.#wanted.has(sha256)) return;
    if (pieces === 'all') this.#say({ have: sha256, pieces, more: false });
    else
      for (let at = 0; at < pieces.length; at += MOST_GOT)
        this.#say({ got: sha256, pieces: pieces.slice(at, at + MOST_GOT) });
  }

  receive(frame: string | Uint8Array): void {
    if (typeof frame === 'string') this.#receiveText(frame);
    else if (!this.#receiveBytes(frame)) this.#events.onMisbehaved();
  }

  #receiveText(frame: string): void {
    const message = ++this.#messages <= MESSAGES_PER_TICK ? readMessage(frame) : null;
    if (!message || !this.#hear(message)) this.#events.onMisbehaved();
  }

  /** False where no honest peer says so. */
  #hear(message: PeerMessage): boolean {
    const events = this.#events;
    if ('ask' in message) return this.#serving.answer(message);
    if ('cancel' in message) this.#serving.cancel(message.cancel);
    else if ('enough' in message) this.#wanted.delete(message.enough);
    else if ('got' in message) events.onOffer(message.got, message.pieces, null);
    else if ('have' in message) {
      const { have, pieces, more } = message;
      try {
        events.onOffer(have, pieces === 'all' ? pieces : piecesOf(pieces), more);
      } catch {
        return false;
      }
    } else if ('refused' in message) {
      const request = this.#requests.get(message.refused);
      this.#requests.delete(message.refused);
      if (request && !request.cancelled) events.onRefused(request.sha256, request.piece, message.busy);
      return request !== undefined;
    } else {
      if (this.#wanted.size >= MOST_WANTED) return false;
      this.#wanted.add(message.want);
      events.onOffer(message.want, [], true);
      const { pieces, more } = events.own(message.want);
      const fits = pieces === 'all' || pieces.length === pieceCount(message.bytes);
      this.#say({
        have: message.want,
        pieces: pieces === 'all' ? pieces : bitsOf(fits ? pieces : new Uint8Array()),
        more,
      });
    }
    return true;
  }

  /** False where they were not asked for. */
  #receiveBytes(frame: Uint8Array): boolean {
    const part = readFrame(frame);
    const request = part && this.#requests.get(part.request);
    if (!part || !request || request.filled + part.bytes.length > request.bytes.length) return false;
    request.bytes.set(part.bytes, request.filled);
    request.filled += part.bytes.length;
    this.usedAt = this.#events.now();
    this.#events.onHeard(part.bytes.length);
    if (request.filled < request.bytes.length) return true;
    this.#requests.delete(part.request);
    if (!request.cancelled) this.#events.onPiece(request.sha256, request.piece, request.bytes);
    return true;
  }

  #say(message: PeerMessage): void {
    this.#link.send(JSON.stringify(message)).catch(() => {});
  }
}
