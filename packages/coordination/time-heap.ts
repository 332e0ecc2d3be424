interface Entry<T> {
  readonly at: number;
  readonly order: number;
  readonly item: T;
}

/** The earliest item comes out first; at one time the first that went in. Nothing is removed early. */
export class TimeHeap<T> {
  readonly #heap: Entry<T>[] = [];
  #order = 0;

  /** The earliest time; null when there is nothing. */
  get nextAt(): number | null {
    return this.#heap[0]?.at ?? null;
  }

  push(at: number, item: T): void {
    const heap = this.#heap;
    const entry = { at, order: this.#order++, item };
    let child = heap.length;
    while (child > 0) {
      const parent = (child - 1) >> 1;
      if (!isBefore(entry, heap[parent]!)) break;
      heap[child] = heap[parent]!;
      child = parent;
    }
    heap[child] = entry;
  }

  /** Takes out the earliest if its time is not after `now`; null otherwise. */
  pop(now: number): Entry<T> | null {
    const heap = this.#heap;
    const top = heap[0];
    if (!top || top.at > now) return null;
    const last = heap.pop()!;
    if (heap.length === 0) return top;
    let parent = 0;
    for (;;) {
      let child = 2 * parent + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++;
      if (!isBefore(heap[child]!, last)) break;
      heap[parent] = heap[child]!;
      parent = child;
    }
    heap[parent] = last;
    return top;
  }
}

const isBefore = <T>(a: Entry<T>, b: Entry<T>): boolean => a.at < b.at || (a.at === b.at && a.order < b.order);
