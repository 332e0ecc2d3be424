import {
  LEAST_BYTES_PER_SECOND,
  MAX_PEERS_ASKED,
  type SwarmCommand,
  type SwarmEvent,
  type SwarmState,
} from '../../swarm/mind.ts';
import { must } from '../violation.ts';

/** As the swarm's mind promises them, with two ticks of 500 ms on a clock that is a little wrong. */
const PATIENCE_MS = 4000;
const SILENCE_MS = 3000;
const SLACK_MS = 1500;
const LEAST_COOL_MS = 15_000;

interface Want {
  readonly endsAt: number;
  readonly asked: string[];
  heardAt: number;
}

/**
 * Books of its own about one swarm: each want ends once, in time; few peers are asked, none twice, none that lied, none
 * that failed a moment ago; and a peer whose link died is not waited for.
 */
export class SwarmWatch {
  readonly #who: string;
  readonly #wants = new Map<string, Want>();
  readonly #liars = new Set<string>();
  /** By peer, when it failed last. */
  readonly #failedAt = new Map<string, number>();

  constructor(who: string) {
    this.#who = who;
  }

  see(event: SwarmEvent, commands: readonly SwarmCommand[], { fetches }: SwarmState): void {
    const { at } = event;
    const who = this.#who;
    const want = 'sha256' in event ? this.#wants.get(event.sha256) : undefined;
    const isAnswer = want !== undefined && 'peer' in event && want.asked.at(-1) === event.peer;
    if (event.type === 'Wanted' && !want) {
      const endsAt = at + PATIENCE_MS + (1000 * event.bytes) / LEAST_BYTES_PER_SECOND;
      this.#wants.set(event.sha256, { endsAt, asked: [], heardAt: at });
    } else if (event.type === 'PieceArrived' && isAnswer) {
      for (const other of this.#wants.values()) if (other.asked.at(-1) === event.peer) other.heardAt = at;
    } else if (event.type === 'Delivered' && isAnswer) {
      this.#wants.delete(event.sha256);
      this.#failedAt.delete(event.peer);
    } else if ((event.type === 'Failed' || event.type === 'Corrupted') && isAnswer) {
      if (event.type === 'Corrupted') this.#liars.add(event.peer);
      else this.#failedAt.set(event.peer, at);
      must(
        fetches.get(event.sha256)?.peer !== event.peer,
        () => `the swarm of ${who} waits for ${event.peer}, whose link died`,
      );
    }
    for (const command of commands) this.#seeCommand(command, at);
    must(fetches.size === this.#wants.size, () => `the swarm of ${who} forgets a blob that it wants`);
    if (event.type === 'Ticked') this.look(at);
  }

  /** Nothing is waited for longer than it may be. */
  look(now: number): void {
    for (const { endsAt, asked, heardAt } of this.#wants.values()) {
      const limit = Math.min(endsAt, heardAt + SILENCE_MS) + SLACK_MS;
      must(now < limit, () => `the swarm of ${this.#who} waits for ${asked.at(-1) ?? 'peers'}, silent for too long`);
    }
  }

  #seeCommand(command: SwarmCommand, at: number): void {
    const who = this.#who;
    if (command.type === 'GiveUp') {
      must(this.#wants.delete(command.sha256), () => `the swarm of ${who} gives up what it does not want`);
      return;
    }
    if (command.type === 'Abandon') this.#failedAt.set(command.peer, at);
    if (command.type !== 'Ask') return;
    const { peer, sha256 } = command;
    const want = this.#wants.get(sha256);
    must(want !== undefined, () => `the swarm of ${who} asks for what it does not want`);
    must(!want.asked.includes(peer), () => `the swarm of ${who} asks ${peer} a second time for one blob`);
    must(!this.#liars.has(peer), () => `the swarm of ${who} asks ${peer}, who sent wrong bytes`);
    must(
      at - (this.#failedAt.get(peer) ?? Number.NEGATIVE_INFINITY) >= LEAST_COOL_MS,
      () => `the swarm of ${who} asks ${peer}, who failed a moment ago`,
    );
    want.asked.push(peer);
    must(
      want.asked.length <= MAX_PEERS_ASKED,
      () => `the swarm of ${who} asks ${want.asked.length} peers for one blob`,
    );
    want.heardAt = at;
  }
}
