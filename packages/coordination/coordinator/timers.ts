/** One thing to look at again at a time. `id` names a lease, a volunteer or a run. */
export interface Timer {
  readonly at: number;
  readonly what: 'lease' | 'volunteer' | 'run';
  readonly id: string;
}

/** A binary min-heap of timers. Entries are never removed early: whoever pops one checks whether it still matters. */
export class Timers {
  readonly #heap: Timer[] = [];

  get nextAt(): number | null {
    return this.#heap[0]?.at ?? null;
  }

  push(timer: Timer): void {
    const heap = this.#heap;
    let child = heap.length;
    while (child > 0) {
      const parent = (child - 1) >> 1;
      if (heap[parent]!.at <= timer.at) break;
      heap[child] = heap[parent]!;
      child = parent;
    }
    heap[child] = timer;
  }

  /** The earliest timer at or before `now`, taken out; null when none is due. */
  pop(now: number): Timer | null {
    const heap = this.#heap;
    const top = heap[0];
    if (!top || top.at > now) return null;
    const last = heap.pop()!;
    if (heap.length === 0) return top;
    let parent = 0;
    for (;;) {
      let child = 2 * parent + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && heap[child + 1]!.at < heap[child]!.at) child++;
      if (heap[child]!.at >= last.at) break;
      heap[parent] = heap[child]!;
      parent = child;
    }
    heap[parent] = last;
    return top;
  }
}
