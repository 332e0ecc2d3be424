import { hashOf } from './hash.ts';

/** Near-duplicates are texts whose sets of 13-word shingles have a Jaccard similarity of at least one half. */
const SHINGLE_WORDS = 13;
const JACCARD = 0.5;

/**
 * Groups texts so that near-duplicates always share a group, exactly (no sketch): groups are the
 * connected components of "is a near-duplicate of". Words are runs of letters and digits, case ignored;
 * a text of fewer than 13 words is one shingle.
 *
 * Prefix filter (Bayardo et al. 2007): if two sets have similarity t, then the first |A| - ceil(t|A|) + 1
 * members of each, in one order for all, share a member. Rare shingles come first, so few candidates meet.
 *
 * @returns for each text the index of its group's first text.
 */
export function nearDuplicateGroups(texts: readonly string[]): Int32Array {
  const words = new Map<string, number>();
  const sets = texts.map((text) => shinglesOf(text, words));
  const rarity = rarityOf(sets);
  const order = (a: number, b: number) => rarity(a) - rarity(b) || a - b;

  const groups = new DisjointSets(texts.length);
  const seen = new Map<number, number[]>();
  sets.forEach((set, index) => {
    const prefix = set
      .slice()
      .sort(order)
      .subarray(0, set.length - Math.ceil(JACCARD * set.length) + 1);
    const compared = new Set<number>();
    for (const shingle of prefix) {
      if (rarity(shingle) === 1) continue;
      const others = seen.get(shingle) ?? [];
      for (const other of others) {
        if (compared.has(other) || groups.rootOf(other) === groups.rootOf(index)) continue;
        compared.add(other);
        if (jaccard(set, sets[other]!) >= JACCARD) groups.join(other, index);
      }
      others.push(index);
      seen.set(shingle, others);
    }
  });
  return Int32Array.from(texts, (_, index) => groups.rootOf(index));
}

/** Different 53-bit hashes of the 13-word shingles, rising. `words` numbers each word; it grows. */
function shinglesOf(text: string, words: Map<string, number>): Float64Array {
  const numbers = (text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []).map((word) => {
    const known = words.get(word);
    if (known !== undefined) return known;
    words.set(word, words.size);
    return words.size - 1;
  });
  const hashes = new Float64Array(Math.max(1, numbers.length - SHINGLE_WORDS + 1));
  for (let at = 0; at < hashes.length; at++) hashes[at] = hashOf(numbers.slice(at, at + SHINGLE_WORDS));
  return hashes.sort().filter((hash, at) => hash !== hashes[at - 1]);
}

/** At least the number of sets that hold a shingle: counted in buckets, so that memory stays bounded. */
function rarityOf(sets: readonly Float64Array[]): (shingle: number) => number {
  const total = sets.reduce((sum, set) => sum + set.length, 0);
  const buckets = new Uint16Array(2 ** Math.min(25, Math.ceil(Math.log2(4 * total + 1))));
  const bucketOf = (shingle: number) => shingle % buckets.length;
  for (const set of sets)
    for (const shingle of set) {
      const bucket = bucketOf(shingle);
      if (buckets[bucket]! < 0xffff) buckets[bucket]!++;
    }
  return (shingle) => buckets[bucketOf(shingle)]!;
}

/** The similarity of two rising sets. */
function jaccard(a: Float64Array, b: Float64Array): number {
  let both = 0;
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    const difference = a[i]! - b[j]!;
    if (difference === 0) both++;
    if (difference <= 0) i++;
    if (difference >= 0) j++;
  }
  return both / (a.length + b.length - both);
}

/** Union-find; a set's root is its smallest member. */
class DisjointSets {
  readonly #parents: Int32Array;

  constructor(size: number) {
    this.#parents = Int32Array.from({ length: size }, (_, index) => index);
  }

  rootOf(member: number): number {
    const parents = this.#parents;
    let root = member;
    while (parents[root] !== root) root = parents[root]!;
    for (let at = member; at !== root; ) {
      const next = parents[at]!;
      parents[at] = root;
      at = next;
    }
    return root;
  }

  join(a: number, b: number): void {
    const [low, high] = [this.rootOf(a), this.rootOf(b)].sort((x, y) => x - y);
    this.#parents[high!] = low!;
  }
}
