import { PathfoldError } from '@pathfold/protocol/errors';

/** One at a time, in the order of asking, with a bounded number waiting. */
export class Turns {
  readonly #limit: number;
  readonly #waiting: (() => Promise<void>)[] = [];
  #busy = false;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Does `work` when its turn comes. Throws `queue_full`, or the signal's reason when it aborts before. */
  take<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      signal.throwIfAborted();
      if (this.#waiting.length >= this.#limit)
        throw new PathfoldError('queue_full', `${this.#limit} prompts are waiting already.`);
      const leave = () => {
        const at = this.#waiting.indexOf(turn);
        if (at >= 0) this.#waiting.splice(at, 1);
        reject(signal.reason);
      };
      const turn = async () => {
        signal.removeEventListener('abort', leave);
        await work().then(resolve, reject);
      };
      signal.addEventListener('abort', leave, { once: true });
      this.#waiting.push(turn);
      void this.#serve();
    });
  }

  async #serve(): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    for (let turn = this.#waiting.shift(); turn; turn = this.#waiting.shift()) await turn();
    this.#busy = false;
  }
}
