interface Snapshot {
  readonly routing: number;
  readonly nats: number;
  readonly theta: Float32Array;
}

/**
 * Early stopping (DiPaCo section 2.2): each path as it was when it was best on the held-out documents that go to it. After
 * a re-sharding other documents go to it: what was best on the old ones does not count any more.
 */
export class EarlyStopping {
  readonly #best = new Map<string, Snapshot>();

  /** `routing`: version of the routing that gave the path its documents. */
  look(path: string, snapshot: Snapshot): void {
    const best = this.at(path, snapshot.routing);
    if (!best || snapshot.nats < best.nats) this.#best.set(path, snapshot);
  }

  /** The best snapshot of a path under this routing; null when nobody has looked. */
  at(path: string, routing: number): Snapshot | null {
    const best = this.#best.get(path);
    return best?.routing === routing ? best : null;
  }
}
