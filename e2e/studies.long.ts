import { join } from 'node:path';
import type { Client } from '@pathfold/client/client';
import { only } from '@pathfold/coordination/coordinator/table.fixture';
import type { CoordinatorEvent } from '@pathfold/coordination/events';
import type { LeaseResource } from '@pathfold/protocol/resources';
import type { Page } from '@playwright/test';
import { openStore } from '../server/store/store.ts';
import { expectAccessible } from './accessible.ts';
import { expect, test } from './browser.ts';
import { type Coordinator, Headless, until } from './coordinator.ts';
import { createRun } from './runs.ts';
import { lend } from './volunteer-page.ts';

/** The tab that joins next. */
async function nextTab(client: Client): Promise<() => Promise<string>> {
  const tabs = async () =>
    (await client.volunteers.list({ limit: 100 })).items.filter(({ agent }) => agent === 'browser').map(({ id }) => id);
  const before = await tabs();
  return () => until('a tab to join', async () => (await tabs()).find((id) => !before.includes(id)));
}

/**
 * From now on the tab hands no litter in that it asked for after this moment: the first of them is held back. So the tab
 * still holds that lease when it is closed, however quick it is and however slow this process. What it has in hand now
 * goes its way: it was asked for before, so without the tab's newest wish.
 */
const holdLitterBack = (page: Page, client: Client, study: string): Promise<LeaseResource> =>
  new Promise((resolve) => {
    let inHand: string | undefined;
    void page.route('**/leases/*/contribution', async (route) => {
      const id = /leases\/([^/]+)/.exec(route.request().url())![1]!;
      inHand ??= id;
      if (id === inHand) return route.continue();
      const { items } = await client.runs.leases(study, { limit: 100 });
      const lease = items.find((item) => item.id === id);
      if (lease?.key.startsWith('baldwin 0 litter')) resolve(lease);
      else await route.continue();
    });
  });

/** The decisions of a coordinator that was killed. */
async function logOf(coordinator: Coordinator): Promise<CoordinatorEvent[]> {
  const store = await openStore({ dataDir: join(coordinator.folder, 'data'), databaseUrl: null });
  await store.events.open();
  const { events } = await store.events.load();
  await store.close();
  return [...events];
}

test('two tabs and a headless volunteer run a study live while a language model trains beside it', async ({
  coordinator,
  visitor,
}) => {
  const { client } = coordinator;
  const config = {
    arms: [{ name: 'baldwin', method: 'baldwin', generations: 100_000 }],
    population: 24,
    litter: 8,
    tasks: 100,
    curveEvery: 2,
  };
  const study = await client.runs.createStudy({ name: 'evolution', study: 'baldwin', config });
  expect(study.study).toBe('baldwin');
  const model = await createRun(client, { replicas: 1, inner: { steps: 10, batch: 2, warmupSteps: 5 } });

  const headless = new Headless(coordinator.url, join(coordinator.folder, 'headless'), '--name', 'headless');
  await lend(await visitor(), coordinator.url);
  await until('the first tab to join', async () => (await client.volunteers.list()).items.length >= 2);
  const joined = await nextTab(client);
  const doomed = await lend(await visitor(), coordinator.url);
  const doomedId = await joined();

  await test.step('both progress', () =>
    until('rounds of both', async () => {
      const [evolved, trained] = await Promise.all([client.runs.get(study.id), client.runs.get(model.id)]);
      return evolved.round >= 4 && trained.round >= 2;
    }));

  await doomed.getByLabel('Work rather for').selectOption({ label: 'evolution (a study)' });
  const lost = await test.step('a tab is closed: its litter is lost, and lived again by somebody else', async () => {
    const lease = await holdLitterBack(doomed, client, study.id);
    expect(lease.volunteer).toBe(doomedId);
    await doomed.context().close();
    await until('the litter to be lived again', async () =>
      (await client.runs.charts(study.id)).some(({ note }) => note?.endsWith('lost and lived again.')),
    );
    return lease;
  });

  await test.step('its page shows it to anybody', async () => {
    const page = await (await visitor()).newPage();
    await page.goto(`${coordinator.url}/studies/baldwin`);
    await expect(page.getByRole('heading', { name: 'The Baldwin effect' })).toBeVisible();
    await expect(page.getByText(/evolution: training, round \d+/)).toBeVisible();
    await expect(page.getByText(/^\d+ litters? (was|were) lost and lived again\.$/)).toBeVisible();
    await expect(page.getByRole('img', { name: 'Loss over the lessons of a lifetime' })).toBeVisible();
    await expect(page.getByText('npm run study -- baldwin')).toBeVisible();
    await expect(page.getByRole('img', { name: /^A champion learns a new sinusoid/ })).toBeVisible();
    await expect(page.getByRole('img', { name: /^Evolved learning rates/ })).toBeVisible();
    await expect(page.getByRole('img', { name: /^Family tree/ })).toBeVisible();
    await page.getByRole('slider').first().focus();
    await page.keyboard.press('End');
    await expect(page.getByText('after 5 lessons').first()).toBeVisible();
    await expect(page.getByRole('button', { name: 'Play' }).first()).toBeVisible();
    await page.keyboard.press('Home');
    await expect(page.getByText('at birth').first()).toBeVisible();
    await expectAccessible(page);
  });

  await test.step('a stream is drawn with its switches and contexts', async () => {
    const stream = { arms: [{ name: 'context', method: 'context' }], batches: 100_000, stretch: 300 };
    const { id } = await client.runs.createStudy({ name: 'stream', study: 'what-and-how', config: stream });
    await until('two stretches', async () => (await client.runs.get(id)).round >= 2);
    const page = await (await visitor()).newPage();
    await page.goto(`${coordinator.url}/studies/what-and-how`);
    await expect(page.getByRole('img', { name: /^The stream with its switches/ })).toBeVisible();
    await expect(page.getByRole('img', { name: /^Inferred contexts/ })).toBeVisible();
    await expect(page.getByRole('img', { name: /^The sinusoid that is learnt now/ })).toBeVisible();
    await expect(page.getByRole('img', { name: /^Gates by task/ })).toBeVisible();
    await expectAccessible(page);
  });

  await headless.stop();
  await coordinator.kill('SIGKILL');
  const log = await logOf(coordinator);
  const place = (found: (event: CoordinatorEvent) => boolean, from = 0) =>
    log.findIndex((event, i) => i >= from && found(event));
  const ended = place((event) => event.type === 'LeaseEnded' && event.lease === lost.id);
  expect(ended, 'its lease has ended').toBeGreaterThan(0);
  const again = place((event) => event.type === 'LeaseGranted' && event.task.key === lost.key, ended);
  expect(log[again]).toMatchObject({ type: 'LeaseGranted', run: study.id });
  expect(only([log[again]!], 'LeaseGranted')[0]!.volunteer).not.toBe(doomedId);
  const wishes = only(log, 'VolunteerReady').filter(({ volunteer }) => volunteer === doomedId);
  expect(wishes.at(-1)!.prefers).toBe(study.id);
});
