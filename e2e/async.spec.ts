import { join } from 'node:path';
import { only } from '@pathfold/coordination/coordinator/table.fixture';
import type { CoordinatorEvent } from '@pathfold/coordination/events';
import { openStore } from '../server/store/store.ts';
import { expect, test } from './browser.ts';
import { Headless, until } from './coordinator.ts';
import { contributionsOf, createRun } from './runs.ts';
import { lend } from './volunteer-page.ts';

const ASYNC = { grace: 0.1, leastSteps: 5 };

/** How many folds of training began while this volunteer had a lease in hand: without it, so none waited for it. */
function foldsMeanwhile(log: CoordinatorEvent[], volunteer: string): number {
  const mine = only(log, 'LeaseGranted').filter((grant) => grant.volunteer === volunteer);
  const own = new Set(mine.map(({ lease }) => lease));
  let holds = false;
  let count = 0;
  for (const event of log) {
    if (event.type === 'LeaseGranted' && own.has(event.lease)) holds = true;
    if (event.type === 'ContributionReceived' && own.has(event.lease)) holds = false;
    if (event.type === 'FoldBegun' && event.kind === 'train' && holds) count++;
  }
  return count;
}

test('a tab, a throttled tab and a headless volunteer train at arrivals, and none waits for another', async ({
  coordinator,
  visitor,
}) => {
  const { client } = coordinator;
  const run = await createRun(client, {
    ...{ mode: 'async', async: ASYNC, evaluateEvery: 10_000 },
    inner: { steps: 150, batch: 8, learningRate: 0.003, warmupSteps: 20 },
  });
  const headless = new Headless(coordinator.url, join(coordinator.folder, 'headless'), '--name', 'headless');
  const tabs = async () => (await client.volunteers.list()).items.filter(({ agent }) => agent === 'browser');
  const page = await lend(await visitor(), coordinator.url);
  await page.getByLabel('Throttle').fill('0.2');
  const { id: throttled } = await until('the throttled tab to be known', async () => (await tabs())[0]);
  await lend(await visitor(), coordinator.url);
  const { id: other } = await until('the other tab to be known', async () =>
    (await tabs()).find(({ id }) => id !== throttled),
  );

  await until('each of three to be folded twice, the fastest four times', async () => {
    const folded = (await contributionsOf(client, run.id)).filter(({ state }) => state === 'folded');
    const counts = new Map<string, number>();
    for (const { volunteer } of folded) counts.set(volunteer, (counts.get(volunteer) ?? 0) + 1);
    const all = [...counts.values()];
    const both = [throttled, other].every((id) => counts.has(id));
    return both && all.length === 3 && Math.min(...all) >= 2 && Math.max(...all) >= 4;
  });
  const { utilisation, volunteers } = await client.runs.activity(run.id, 15);
  expect(volunteers).toHaveLength(3);
  expect(utilisation).toBeGreaterThan(0);
  await headless.stop();
  await coordinator.kill('SIGKILL');

  const store = await openStore({ dataDir: join(coordinator.folder, 'data'), databaseUrl: null });
  await store.events.open();
  const log = (await store.events.load()).events;
  await store.close();
  const grants = only(log, 'LeaseGranted');
  expect(foldsMeanwhile(log, throttled), 'the throttled tab keeps nobody waiting').toBeGreaterThan(0);
  expect(only(log, 'LeaseEnded').filter(({ code }) => code === 'round_over')).toEqual([]);
  const lastSteps = (id: string) => grants.findLast(({ volunteer }) => volunteer === id)!.task.steps;
  expect(lastSteps(throttled)).toBeLessThan(lastSteps(other));
});
