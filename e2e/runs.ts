import type { Client } from '@pathfold/client/client';
import type { ContributionResource, RunResource } from '@pathfold/protocol/resources';
import type { RunSpecInput } from '@pathfold/protocol/run-spec';
import { until } from './coordinator.ts';

/** A net so small that an emulated GPU trains it. */
export const TINY: RunSpecInput = {
  name: 'tiny',
  corpus: 'starter',
  model: { width: 32, blocks: 2, heads: 2, context: 32, vocabulary: 512 },
  inner: { steps: 20, batch: 2, learningRate: 0.003, warmupSteps: 20 },
  replicas: 3,
  roundDeadlineMs: 60_000,
  totalSteps: 100_000,
  evaluateEvery: 1000,
};

/** Creates a run and waits until its corpus is prepared. */
export async function createRun(client: Client, spec: Partial<RunSpecInput> = {}): Promise<RunResource> {
  const { id } = await client.runs.create({ ...TINY, ...spec });
  return until('the run to be prepared', async () => {
    const run = await client.runs.get(id);
    if (run.state === 'failed') throw new Error(`the run failed: ${run.reason}`);
    return run.state === 'training' && run;
  });
}

/** Waits until the run has folded `rounds` more rounds. */
export async function moreRounds(client: Client, id: string, rounds: number): Promise<RunResource> {
  const { round } = await client.runs.get(id);
  return until(`round ${round + rounds} of run ${id}`, async () => {
    const run = await client.runs.get(id);
    return run.round >= round + rounds && run;
  });
}

export async function contributionsOf(client: Client, id: string): Promise<ContributionResource[]> {
  const items: ContributionResource[] = [];
  let cursor: string | null | undefined;
  do {
    const page = await client.runs.contributions(id, { limit: 100, ...(cursor ? { cursor } : {}) });
    items.push(...page.items);
    cursor = page.next;
  } while (cursor);
  return items;
}

/**
 * Whether a tab got a module from a peer. A training lease needs its path's modules and its shard, so bytes from peers
 * that are not the shard's alone are a module's.
 */
export async function moduleFromPeer(client: Client, id: string): Promise<boolean> {
  const shardBytes = (await client.runs.paths(id)).items[0]!.shard!.bytes;
  const volunteers = (await client.runs.volunteers(id, { limit: 100 })).items;
  const tabs = new Set(volunteers.filter(({ agent }) => agent === 'browser').map((volunteer) => volunteer.id));
  return (await contributionsOf(client, id)).some(
    ({ kind, volunteer, downloadedBytes: { peers } }) =>
      kind === 'train' && tabs.has(volunteer) && peers > 0 && peers !== shardBytes,
  );
}

/** Credit given must be the tokens of the work that counted, to the token. */
export async function creditAndWork(client: Client, id: string): Promise<{ credit: number; work: number }> {
  const volunteers = (await client.runs.volunteers(id, { limit: 100 })).items;
  const counted = (await contributionsOf(client, id)).filter((item) => ['checked', 'folded'].includes(item.state));
  return {
    credit: volunteers.reduce((sum, volunteer) => sum + volunteer.credit, 0),
    work: counted.reduce((sum, item) => sum + item.tokens, 0),
  };
}
