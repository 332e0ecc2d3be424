import type { Client } from '@pathfold/client/client';
import type { RouterResource } from '@pathfold/protocol/resources';
import type { Shards } from './answers.ts';

/** The texts that each path of a run trains on now. */
export async function readShards(client: Client, runId: string): Promise<Shards> {
  const all = new Map<string, RouterResource>();
  for (let cursor: string | null = ''; cursor !== null; ) {
    const page = await client.runs.router(runId, { limit: 100, ...(cursor && { cursor }) });
    for (const shard of page.items) all.set(shard.path, shard);
    cursor = page.next;
  }
  return all;
}
