import type { SwarmCommand, SwarmEvent } from '../../swarm/events.ts';
import { COORDINATOR, GRACE_MS, LEAST_BYTES_PER_SECOND } from '../../swarm/fetch.ts';
import type { SwarmState } from '../../swarm/peers.ts';
import { must } from '../violation.ts';

/** As the swarm's mind promises it, with ticks of 250 ms on a clock that is a little wrong. */
const SILENCE_MS = 3000;
const SLACK_MS = 1500;
const LEAST_COOL_MS = 15_000;

interface Want {
  readonly pieces: number;
  readonly endsAt: number;
  /** The coordinator refused a piece: when what it still owes has come, the want ends. */
  isForsaken: boolean;
  readonly here: Set<number>;
  /** By piece, the sources that were asked for it and owe an answer. */
  readonly asked: Map<number, Set<string>>;
}

/**
 * Books of its own about one swarm: a piece counts as here when it came good; no piece is asked of two sources while
 * another waits, nor ever of three; each want ends, and after its time the coordinator owes all the rest; nobody is asked
 * who lied, or who failed a moment ago; and a peer whose link died is not waited for.
 */
export class SwarmWatch {
  readonly #who: string;
  readonly #wants = new Map<string, Want>();
  readonly #liars = new Set<string>();
  /** By peer, when it failed last, and when it was last heard of. */
  readonly #failedAt = new Map<string, number>();
  readonly #heardAt = new Map<string, number>();

  constructor(who: string) {
    this.#who = who;
  }

  see(event: SwarmEvent, commands: readonly SwarmCommand[], { fetches }: SwarmState): void {
    const { at } = event;
    const who = this.#who;
    this.#seeEvent(event);
    for (const command of commands) this.#seeCommand(command, at);
    must(fetches.size === this.#wants.size, () => `the swarm of ${who} forgets a blob that it wants`);
    for (const [sha256, fetch] of fetches) {
      const want = this.#wants.get(sha256)!;
      for (const [piece, is] of fetch.here.entries())
        must((is === 1) === want.here.has(piece), () => `the swarm of ${who} keeps a bad piece`);
      for (const [piece, sources] of fetch.asked)
        for (const source of sources.keys()) {
          const dead = event.type === 'LinkClosed' && event.peer === source;
          must(!dead, () => `the swarm of ${who} waits for ${source}, whose link died`);
          must(
            want.asked.get(piece)?.has(source) === true,
            () => `the swarm of ${who} waits for a piece that it asked nobody for`,
          );
        }
    }
    if (event.type === 'Ticked') this.look(at);
  }

  /** Nothing is waited for longer than it may be. */
  look(now: number): void {
    for (const { pieces, endsAt, isForsaken, here, asked } of this.#wants.values()) {
      for (const source of [...asked.values()].flatMap((sources) => [...sources]))
        must(
          source === COORDINATOR || now < this.#heardAt.get(source)! + SILENCE_MS + SLACK_MS,
          () => `the swarm of ${this.#who} waits for ${source}, silent for too long`,
        );
      const owes = [...asked.values()].some((sources) => sources.has(COORDINATOR));
      if (now < endsAt + SLACK_MS || (isForsaken && owes)) continue;
      for (let piece = 0; piece < pieces; piece++)
        must(
          here.has(piece) || asked.get(piece)?.has(COORDINATOR) === true,
          () => `the swarm of ${this.#who} waits for peers, silent for too long`,
        );
    }
  }

  #seeEvent(event: SwarmEvent): void {
    const { at } = event;
    if (event.type === 'Wanted' && !this.#wants.has(event.sha256)) {
      const endsAt = at + GRACE_MS + (1000 * event.bytes) / LEAST_BYTES_PER_SECOND;
      this.#wants.set(event.sha256, {
        pieces: event.pieces,
        endsAt,
        isForsaken: false,
        here: new Set(),
        asked: new Map(),
      });
    } else if (event.type === 'LinkClosed') {
      const owed = [...this.#wants.values()].some(({ asked }) =>
        [...asked.values()].some((sources) => sources.has(event.peer)),
      );
      if (owed) this.#failedAt.set(event.peer, at);
      this.#forget(event.peer);
    } else if (event.type === 'PieceArrived' || event.type === 'PieceRefused' || event.type === 'PieceBad') {
      const want = this.#wants.get(event.sha256);
      const isAsked = want?.asked.get(event.piece)?.delete(event.from) ?? false;
      if (!want || (!isAsked && event.type !== 'PieceArrived')) return;
      if (event.type === 'PieceBad') this.#liars.add(event.from);
      if (event.type === 'PieceRefused' && event.from === COORDINATOR) want.isForsaken = true;
      if (event.type !== 'PieceArrived') return;
      this.#heardAt.set(event.from, at);
      this.#failedAt.delete(event.from);
      want.here.add(event.piece);
      want.asked.delete(event.piece);
    }
  }

  #seeCommand(command: SwarmCommand, at: number): void {
    const who = this.#who;
    switch (command.type) {
      case 'Complete':
      case 'GiveUp':
        must(this.#wants.delete(command.sha256), () => `the swarm of ${who} gives up what it does not want`);
        return;
      case 'Drop':
        if (command.fault === 'stalled') this.#failedAt.set(command.peer, at);
        this.#forget(command.peer);
        return;
      case 'Cancel':
        this.#wants.get(command.sha256)?.asked.get(command.piece)?.delete(command.peer);
        return;
      case 'AskCoordinator':
        for (const piece of command.pieces) this.#seeAsk(command.sha256, piece, COORDINATOR);
        return;
      case 'Connect':
        must(!this.#liars.has(command.peer), () => `the swarm of ${who} asks ${command.peer}, who sent wrong bytes`);
        must(
          at - (this.#failedAt.get(command.peer) ?? Number.NEGATIVE_INFINITY) >= LEAST_COOL_MS,
          () => `the swarm of ${who} asks ${command.peer}, who failed a moment ago`,
        );
        return;
      case 'Ask': {
        const { peer, sha256, piece } = command;
        const isFirst = [...this.#wants.values()].every(({ asked }) =>
          [...asked.values()].every((sources) => !sources.has(peer)),
        );
        if (isFirst) this.#heardAt.set(peer, at);
        this.#seeAsk(sha256, piece, peer);
      }
    }
  }

  #seeAsk(sha256: string, piece: number, source: string): void {
    const who = this.#who;
    const want = this.#wants.get(sha256);
    must(want !== undefined, () => `the swarm of ${who} asks for what it does not want`);
    must(!want.here.has(piece), () => `the swarm of ${who} asks for a piece that is here`);
    const sources = want.asked.get(piece) ?? new Set();
    must(!sources.has(source) && sources.size < 2, () => `the swarm of ${who} asks for a piece again and again`);
    want.asked.set(piece, sources.add(source));
    must(
      sources.size === 1 ||
        [...want.asked.values()].filter(({ size }) => size > 0).length + want.here.size === want.pieces,
      () => `the swarm of ${who} asks two for a piece while another waits`,
    );
  }

  #forget(peer: string): void {
    for (const { asked } of this.#wants.values()) for (const sources of asked.values()) sources.delete(peer);
  }
}
