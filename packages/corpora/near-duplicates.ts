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
  const frequencies = new Map<number, number>();
  for (const set of sets) for (const shingle of set) frequencies.set(shingle, (frequencies.get(shingle) ?? 0) + 1);
  const byRarity = (a: number, b: number) => frequencies.get(a)! - frequencies.get(b)! || a - b;

  const groups = new DisjointSets(texts.length);
  const seen = new Map<number, number[]>();
  sets.forEach((set, index) => {
    const prefix = [...set].sort(byRarity).slice(0, set.size - Math.ceil(JACCARD * set.size) + 1);
    const compared = new Set<number>();
    for (const shingle of prefix) {
      if (frequencies.get(shingle) === 1) continue;
      const others = seen.get(shingle);
      if (!others) {
        seen.set(shingle, [index]);
        continue;
      }
      for (const other of others) {
        if (compared.has(other) || groups.rootOf(other) === groups.rootOf(index)) continue;
        compared.add(other);
        if (jaccard(set, sets[other]!) >= JACCARD) groups.join(other, index);
      }
      others.push(index);
    }
  });
  return Int32Array.from(texts, (_, index) => groups.rootOf(index));
}

/** Hashes of the 13-word shingles. `words` numbers each word; it grows. */
function shinglesOf(text: string, words: Map<string, number>): Set<number> {
  const numbers = (text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []).map((word) => {
    const known = words.get(word);
    if (known !== undefined) return known;
    words.set(word, words.size);
    return words.size - 1;
  });
  const shingles = new Set<number>();
  for (let at = 0; at === 0 || at + SHINGLE_WORDS <= numbers.length; at++)
    shingles.add(hashOf(numbers.slice(at, at + SHINGLE_WORDS)));
  return shingles;
}

function jaccard(a: Set<number>, b: Set<number>): number {
  const [small, large] = a.size < b.size ? [a, b] : [b, a];
  let both = 0;
  for (const member of small) if (large.has(member)) both++;
  return both / (a.size + b.size - both);
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
