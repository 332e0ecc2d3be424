import { TimeHeap } from '../time-heap.ts';

/** Virtual time: what is to happen, in its order. */
export class Agenda {
  readonly #heap = new TimeHeap<() => void>();
  #now = 0;

  /** Milliseconds since the simulation began. */
  get now(): number {
    return this.#now;
  }

  after(ms: number, act: () => void): void {
    this.#heap.push(this.#now + Math.max(0, Math.ceil(ms)), act);
  }

  /** Lets the next thing happen; false when nothing will ever happen. */
  step(): boolean {
    const next = this.#heap.pop(Number.POSITIVE_INFINITY);
    if (!next) return false;
    this.#now = next.at;
    next.item();
    return true;
  }
}
