import { pieceCount } from './pieces.ts';

/** Pieces [from, to) that one volunteer fetches from the coordinator, so that others get them from it. */
export interface Slice {
  readonly from: number;
  readonly to: number;
}

const MOST_PEERS = 8;
const LEAST_SLICE = 4;
/** A blob is dealt in about so many slices at most, beyond LEAST_SLICE each. */
const MOST_SLICES = 32;
/** With so many holders nothing is dealt: they serve. */
const ENOUGH_HOLDERS = 2;
/** Blobs that are being dealt, and how long after its last question somebody still counts as asking. */
const MOST_DEALS = 1024;
const ASKING_MS = 60_000;
/** A volunteer that so many networks reported within the time is named to nobody. */
const REPORTING_NETWORKS = 3;
const REPORTED_MS = 3_600_000;
const MOST_REPORTED = 10_000;

interface Deal {
  next: number;
  /** By volunteer that asks, when it asked last, and the slices that it got. */
  readonly asking: Map<string, { at: number; slices: number }>;
}

/**
 * Who has which blob and who asks for it, as the coordinator knows it. Those who ask for a blob that few have get each
 * other's names and, in turn, slices of its pieces: all pieces go out once. Time and randomness are inputs.
 */
export class Directory {
  readonly #held = new Map<string, readonly string[]>();
  readonly #holders = new Map<string, Set<string>>();
  /** By hash and size, so that who names another size spoils only its own. */
  readonly #deals = new Map<string, Deal>();
  /** By volunteer, when each network reported it last. */
  readonly #reports = new Map<string, Map<string, number>>();

  /** Replaces the list of what a volunteer serves. */
  have(volunteer: string, blobs: readonly string[]): void {
    this.#forgetHeld(volunteer);
    this.#held.set(volunteer, blobs);
    for (const sha256 of blobs) this.#holders.set(sha256, (this.#holders.get(sha256) ?? new Set()).add(volunteer));
  }

  want(
    volunteer: string,
    { sha256, bytes }: { sha256: string; bytes: number },
    at: number,
    random: number,
  ): { peers: string[]; slice: Slice | null } {
    const deal = this.#dealOf(`${sha256} ${bytes}`);
    for (const [other, { at: askedAt }] of deal.asking)
      if (askedAt + ASKING_MS <= at || this.#holders.get(sha256)?.has(other)) deal.asking.delete(other);
    const holders = [...(this.#holders.get(sha256) ?? [])];
    const all = [...new Set([...holders, ...deal.asking.keys()])].filter(
      (id) => id !== volunteer && !this.#isReported(id, at),
    );
    const own = deal.asking.get(volunteer) ?? { at, slices: 0 };
    // Nobody has what was dealt any more.
    if (all.length === 0 && own.slices === 0) deal.next = 0;
    const start = Math.floor(random * all.length);
    const peers = [...all.slice(start), ...all.slice(0, start)].slice(0, MOST_PEERS);
    const slice = holders.length >= ENOUGH_HOLDERS ? null : nextSlice(deal, pieceCount(bytes), own.slices, peers);
    deal.asking.set(volunteer, { at, slices: own.slices + (slice ? 1 : 0) });
    return { peers, slice };
  }

  /** A volunteer of this network says that this other one lies, stalls or floods. No report counts alone. */
  report(volunteer: string, network: string, at: number): void {
    const networks = this.#reports.get(volunteer) ?? new Map<string, number>();
    this.#reports.delete(volunteer);
    this.#reports.set(volunteer, networks.set(network, at));
    while (networks.size > REPORTING_NETWORKS) networks.delete(networks.keys().next().value!);
    if (this.#reports.size > MOST_REPORTED) this.#reports.delete(this.#reports.keys().next().value!);
  }

  gone(volunteer: string): void {
    this.#forgetHeld(volunteer);
    for (const deal of this.#deals.values()) deal.asking.delete(volunteer);
  }

  clear(): void {
    for (const part of [this.#held, this.#holders, this.#deals, this.#reports]) part.clear();
  }

  #dealOf(key: string): Deal {
    const deal = this.#deals.get(key) ?? { next: 0, asking: new Map() };
    this.#deals.delete(key);
    this.#deals.set(key, deal);
    if (this.#deals.size > MOST_DEALS) this.#deals.delete(this.#deals.keys().next().value!);
    return deal;
  }

  #isReported(volunteer: string, at: number): boolean {
    const times = [...(this.#reports.get(volunteer)?.values() ?? [])];
    return times.filter((time) => at < time + REPORTED_MS).length >= REPORTING_NETWORKS;
  }

  #forgetHeld(volunteer: string): void {
    for (const sha256 of this.#held.get(volunteer) ?? []) {
      const holders = this.#holders.get(sha256);
      holders?.delete(volunteer);
      if (holders?.size === 0) this.#holders.delete(sha256);
    }
    this.#held.delete(volunteer);
  }
}

/** A volunteer that asks alone gets twice as much each time. */
function nextSlice(deal: Deal, pieces: number, had: number, peers: readonly string[]): Slice | null {
  if (deal.next >= pieces) return null;
  const least = Math.max(LEAST_SLICE, Math.ceil(pieces / MOST_SLICES));
  const from = deal.next;
  deal.next = Math.min(pieces, from + least * (peers.length === 0 ? 2 ** Math.min(had, 10) : 1));
  return { from, to: deal.next };
}
