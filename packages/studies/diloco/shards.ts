import { encodeTokens, joinDocuments } from '@pathfold/corpora/shards';
import { fitKmeans } from '@pathfold/routing/fit/fit';
import { shardsOf } from '@pathfold/routing/fit/shards';
import type { ByteDocument } from '../byte-corpus.ts';

/** Shards of a study that no run of the product has: those of one path that every worker trains. */

/** Documents of one kind together: balanced k-means over their features [documents, width], as the product routes. */
export function clusters(
  documents: readonly ByteDocument[],
  features: Float32Array,
  k: number,
  seed: number,
): number[][] {
  const rows = { values: features, width: features.length / documents.length };
  const paths = Array.from({ length: k }, (_, worker) => String(worker));
  const about = { version: 1, paths, prefixBytes: 0, prefixTokens: 1, base: [] };
  const router = fitKmeans({ about, features: rows, weights: documents.map(({ ids }) => ids.length), seed });
  return shardsOf(
    router,
    documents.map((_, document) => features.subarray(document * rows.width, (document + 1) * rows.width)),
  );
}

/** Whole domains together, in groups of about equal size: the largest first, each to the group that has least. */
export function domainGroups(documents: readonly ByteDocument[], k: number): number[][] {
  const sizes = new Map<string, number>();
  for (const { domain, ids } of documents) sizes.set(domain, (sizes.get(domain) ?? 0) + ids.length);
  const filled = new Array<number>(k).fill(0);
  const groups = new Map<string, number>();
  for (const [domain, size] of [...sizes].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1))) {
    const group = filled.indexOf(Math.min(...filled));
    groups.set(domain, group);
    filled[group]! += size;
  }
  return filled.map((_, group) =>
    documents.flatMap(({ domain }, document) => (groups.get(domain) === group ? [document] : [])),
  );
}

/** The shard of each group as a blob. */
export const encodeGroups = (
  documents: readonly ByteDocument[],
  groups: readonly (readonly number[])[],
): Uint8Array[] =>
  groups.map((group) => encodeTokens(joinDocuments(group.map((document) => documents[document]!.ids))));
