import type { Agenda } from './agenda.ts';

/** A machine's clock: it began at some other time, and goes a little too fast or too slowly. */
export class WrongClock {
  readonly #agenda: Agenda;
  readonly #offsetMs: number;
  readonly #rate: number;

  constructor(agenda: Agenda, offsetMs: number, rate: number) {
    this.#agenda = agenda;
    this.#offsetMs = offsetMs;
    this.#rate = rate;
  }

  now(): number {
    return this.#agenda.now * this.#rate + this.#offsetMs;
  }

  /** Milliseconds of virtual time that pass while this clock counts so many. */
  trueMs(ms: number): number {
    return ms / this.#rate;
  }
}
