import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createClient } from '@pathfold/client/client';
import { openRuns } from './coordinator/runs.ts';
import { startServer } from './coordinator/server-process.ts';
import type { BenchOptions, BenchResult } from './options.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
/** About 3.7 MB of parameters in float32. */
const MODEL = { width: 256, vocabulary: 560 };

/** Volunteers in processes of their own, in one run of rounds: what left the coordinator for them, and what peers gave. */
async function measure(peers: number, rounds: number, shares: boolean) {
  const server = await startServer(100);
  const children: ChildProcess[] = [];
  try {
    const runs = await openRuns(server);
    const run = await runs.create('swarm', peers, MODEL);
    for (let i = 0; i < peers; i++) {
      const data = join(server.folder, `peer-${i}`);
      const args = ['apps/headless/main.ts', '--url', server.url, '--compute', 'cpu', '--data', data];
      children.push(
        spawn(process.execPath, ['--import', 'tsx', ...args, ...(shares ? ['--share'] : [])], {
          cwd: root,
          stdio: 'ignore',
        }),
      );
    }
    await runs.reach(run, 1);
    const began = performance.now();
    await runs.reach(run, rounds + 1);
    const seconds = (performance.now() - began) / 1000;
    await runs.pause(run);
    const client = createClient({ baseUrl: server.url, token: server.token });
    const { items } = await client.runs.contributions(run, { limit: 100 });
    const counted = items.filter(({ kind, downloadedBytes }) => kind === 'train' && downloadedBytes !== null);
    const modules = (await client.runs.modules(run)).items;
    const versionBytes = modules.reduce((sum, { blob }) => sum + blob.bytes, 0);
    const sum = (from: 'peers' | 'coordinator') =>
      counted.reduce((all, { downloadedBytes }) => all + downloadedBytes[from], 0);
    const [fromPeers, fromCoordinator] = [sum('peers'), sum('coordinator')];
    return {
      peers,
      rounds,
      versionBytes,
      contributions: counted.length,
      fromPeers,
      fromCoordinator,
      /** A part of the bytes that were needed; those of the first round and of the shards are in it. */
      copies: (fromCoordinator / versionBytes / counted.length) * peers,
      offload: fromPeers / (fromPeers + fromCoordinator),
      secondsARound: seconds / rounds,
    };
  } finally {
    for (const child of children) child.kill('SIGKILL');
    await server.stop();
  }
}

/** One run with sharing and one over HTTPS alone, with real volunteers and a real coordinator on this machine. */
export const run = async ({ quick }: BenchOptions): Promise<BenchResult> => {
  const [peers, rounds] = quick ? [6, 5] : [12, 20];
  const https = await measure(peers, rounds, false);
  console.log('https', https);
  const swarm = await measure(peers, rounds, true);
  console.log('swarm', swarm);
  return {
    results: { https, swarm },
    ratios: { 'swarm / https, bytes from the coordinator': swarm.copies / https.copies },
  };
};
