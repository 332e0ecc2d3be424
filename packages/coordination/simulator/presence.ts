/** Volunteers that are here, the first to join first: kept as they come and go, for a crowd is asked about at every trouble. */
export class Presence<T extends { readonly number: number }> {
  readonly #here: T[] = [];

  get here(): readonly T[] {
    return this.#here;
  }

  has(one: T): boolean {
    return this.#here[this.#placeOf(one)] === one;
  }

  enter(one: T): void {
    if (!this.has(one)) this.#here.splice(this.#placeOf(one), 0, one);
  }

  leave(one: T): void {
    if (this.has(one)) this.#here.splice(this.#placeOf(one), 1);
  }

  /** Where it stands, or would. */
  #placeOf({ number }: T): number {
    let [low, high] = [0, this.#here.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#here[middle]!.number < number) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
