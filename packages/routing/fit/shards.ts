import { type Evidence, rankPaths } from '../assign/assign.ts';
import type { Router } from '../assign/router.ts';

/** The documents of each path's shard, in order: every document goes to its `overlap` best paths, of those that grew from one to one alone. */
export const shardsOf = (router: Router, documents: readonly Evidence[], overlap = 1): number[][] => {
  const shards: number[][] = router.paths.map(() => []);
  documents.forEach((evidence, document) => {
    for (const path of rankPaths(router, evidence, overlap)) shards[path]!.push(document);
  });
  return shards;
};
