/** Finds stop sequences in text that arrives in pieces, and holds back what may become one. */
export class StopScanner {
  readonly #stops: readonly string[];
  #held = '';

  constructor(stops: readonly string[]) {
    this.#stops = stops.filter((stop) => stop !== '');
  }

  /** The text that is safe to show, up to the first stop sequence; `stopped` when one was found. */
  push(text: string): { text: string; stopped: boolean } {
    const all = this.#held + text;
    const found = this.#stops.map((stop) => all.indexOf(stop)).filter((at) => at >= 0);
    if (found.length > 0) return { text: all.slice(0, Math.min(...found)), stopped: true };
    const safe = all.length - Math.max(0, ...this.#stops.map((stop) => overlap(all, stop)));
    this.#held = all.slice(safe);
    return { text: all.slice(0, safe), stopped: false };
  }

  /** The text that was held back, when no more comes. */
  end(): string {
    return this.#held;
  }
}

/** Length of the longest end of `text` that begins `stop` without completing it. */
const overlap = (text: string, stop: string): number => {
  for (let length = Math.min(text.length, stop.length - 1); length > 0; length--)
    if (stop.startsWith(text.slice(-length))) return length;
  return 0;
};
