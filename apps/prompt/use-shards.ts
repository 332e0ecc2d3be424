import type { Client } from '@pathfold/client/client';
import type { RouterResource, RunResource } from '@pathfold/protocol/resources';
import { useEffect, useState } from 'react';

/** What each path of a run trains on, by path; read again with each round, for shards may be cut anew. */
export function useShards(client: Client, run: RunResource | undefined): ReadonlyMap<string, RouterResource> {
  const [shards, setShards] = useState<ReadonlyMap<string, RouterResource>>(new Map());
  const id = run && run.pathCount > 1 ? run.id : null;
  const round = run?.round;
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new round reads again
  useEffect(() => {
    if (id === null) return setShards(new Map());
    const stop = new AbortController();
    const read = async () => {
      const all = new Map<string, RouterResource>();
      for (let cursor: string | null = ''; cursor !== null; ) {
        const page = await client.runs.router(id, { limit: 100, ...(cursor && { cursor }) }, stop.signal);
        for (const shard of page.items) all.set(shard.path, shard);
        cursor = page.next;
      }
      setShards(all);
    };
    // Answers are understood without them: what fails is read again with the next round.
    read().catch(() => {});
    return () => stop.abort();
  }, [client, id, round]);
  return shards;
}
