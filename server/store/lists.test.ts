import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CoordinatorEvent } from '@pathfold/coordination/events';
import type { Task } from '@pathfold/coordination/work-plan';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openStore, type Store } from './store.ts';

let dataDir: string;
let store: Store;
beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'pathfold-lists-'));
  store = await openStore({ dataDir, databaseUrl: null });
  await store.events.open();
}, 60_000);
afterAll(async () => {
  await store.close();
  await rm(dataDir, { recursive: true });
});

const executor = { name: 'wasm', adapter: '', tokensPerSecond: 100, reason: 'NUL \0, half \ud800, "computeMs":7' };
const task: Task = {
  ...{ key: 'path 0 round 1', body: {}, steps: 10, tokens: 320, expectedMs: 1000, durationMs: 60_000 },
  ...{ maxPayloadBytes: 4, path: '0', priority: 0 },
};
const start = Date.parse('2026-11-20T00:00:00Z');
const joined = (ms: number, volunteer: string): CoordinatorEvent => ({
  ...{ at: start + ms, type: 'VolunteerJoined', volunteer, name: `name of ${volunteer}`, agent: 'node' },
});
const grant = (ms: number, lease: string, volunteer: string, run = 'r'): CoordinatorEvent => ({
  ...{ at: start + ms, type: 'LeaseGranted', lease, run, kind: 'train', volunteer, task },
});
const handIn = (ms: number, lease: string, computeMs: number): CoordinatorEvent[] => {
  const report = {
    steps: 10,
    tokens: 320,
    computeMs,
    loss: 2,
    downloadedBytes: { peers: 0, coordinator: 0 },
    executor,
  };
  return [
    { at: start + ms, type: 'ContributionReceived', lease, sha256: 'a'.repeat(64), bytes: 4, report },
    { at: start + ms + 100, type: 'ContributionChecked', lease, figures: {} },
    { at: start + ms + 200, type: 'ContributionAccepted', lease, credit: 320 },
  ];
};

test('activity: leases that were held since then, what they say they computed, and who waits', async () => {
  await store.events.append([
    ...[joined(0, 'a'), joined(0, 'b'), joined(0, 'c')],
    { at: start + 500, type: 'VolunteerReady', volunteer: 'b', executor, memoryBytes: 1 },
    ...[grant(1000, 'before', 'c'), ...handIn(2000, 'before', 900)],
    ...[grant(3000, 'into', 'a'), ...handIn(6000, 'into', 1234.5), grant(7000, 'open', 'a')],
  ]);
  const activity = (waiting: boolean, most = 100, run = 'r') =>
    store.lists.activity({
      run,
      others: ['other', 'r'].filter((id) => id !== run),
      since: start + 5000,
      most,
      waiting,
    });
  const { leases, volunteers, since, elsewhere } = await activity(true);
  expect([since - start, [...elsewhere]]).toEqual([5000, []]);
  expect(leases.map(({ grantedAt }) => grantedAt - start)).toEqual([3000, 7000]);
  const [into, open] = leases;
  expect(into).toMatchObject({ volunteer: 'a', kind: 'train', key: task.key, state: 'checked', tokens: 320 });
  expect(into).toMatchObject({ receivedAt: start + 6000, endedAt: start + 6200, computeMs: 1234.5 });
  expect(open).toMatchObject({ endedAt: null, receivedAt: null, state: null, computeMs: 0 });
  expect(volunteers).toEqual([
    { id: 'a', name: 'name of a', state: 'working', seenAt: start + 7000 },
    { id: 'b', name: 'name of b', state: 'waiting', seenAt: start + 500 },
  ]);
  expect((await activity(false)).volunteers.map(({ id }) => id)).toEqual(['a']);
  const newest = await activity(false, 1);
  expect([newest.since - start, ...newest.leases.map(({ grantedAt }) => grantedAt - start)]).toEqual([7000, 7000]);
  expect(await activity(false, 100, 'none')).toMatchObject({ since: start + 5000, leases: [], volunteers: [] });

  await store.events.append([
    ...handIn(7500, 'open', 400),
    grant(8000, 'there', 'a', 'other'),
    grant(9000, 'more', 'b'),
  ]);
  expect([...(await activity(false)).elsewhere]).toEqual([['a', [start + 8000]]]);
});

test('history: of many points some, the newest and as many that were scored', async () => {
  const folded = (round: number): CoordinatorEvent => {
    const figures = { round, tokens: round, trainLoss: 2, ...(round % 10 === 0 ? { validLoss: 1 } : {}) };
    const output = { modules: [], result: null, figures };
    return { at: start + round, type: 'FoldEnded', run: 'long', kind: 'train', fold: `fold ${round}`, output };
  };
  await store.events.append(Array.from({ length: 2005 }, (_, i) => folded(i + 1)));
  const points = await store.lists.history('long');
  const rounds = points.map(({ round }) => round);
  expect(rounds).toEqual(rounds.toSorted((a, b) => a - b));
  expect(rounds.at(-1)).toBe(2005);
  expect(points.length).toBeLessThan(1000);
  expect(points.filter(({ validLoss }) => validLoss !== null)).toHaveLength(200);
  expect(await store.lists.history('long', start + 2000)).toHaveLength(5);
});
