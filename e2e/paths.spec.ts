import { join } from 'node:path';
import type { Client } from '@pathfold/client/client';
import { expectAccessible } from './accessible.ts';
import { expect, test } from './browser.ts';
import { Headless, until } from './coordinator.ts';
import { contributionsOf, createRun } from './runs.ts';
import { lend } from './volunteer-page.ts';

const PATHS = ['0-0', '0-1', '1-0', '1-1'];

/** Waits until every path has been folded in `rounds` more of its rounds. */
async function moreRoundsOfEveryPath(client: Client, id: string, rounds: number): Promise<void> {
  const stepsOf = async () =>
    Object.fromEntries((await client.runs.paths(id)).items.map(({ id: path, steps }) => [path, steps]));
  const { inner } = (await client.runs.get(id)).spec;
  const before = await stepsOf();
  await until(`${rounds} more rounds of every path`, async () => {
    const now = await stepsOf();
    return PATHS.every((path) => now[path]! >= before[path]! + (rounds * inner.steps) / 2);
  });
}

test('two tabs and a headless volunteer train four paths of shared modules, through a closed tab and a killed coordinator; one path answers', async ({
  coordinator,
  visitor,
}) => {
  const { client } = coordinator;
  const headless = new Headless(coordinator.url, join(coordinator.folder, 'headless'), '--share', '--name', 'headless');
  const first = await lend(await visitor(), coordinator.url, { computeOn: 'CPU', share: true });
  await lend(await visitor(), coordinator.url, { computeOn: 'CPU', share: true });

  const run = await test.step('a base is trained first, then documents are routed by volunteers', () =>
    createRun(client, {
      name: 'two by two',
      levels: [
        { experts: 2, blocks: 1 },
        { experts: 2, blocks: 1 },
      ],
      base: { steps: 20 },
      replicas: 1,
    }));
  expect(run.baseRun).not.toBeNull();

  await test.step('every path trains on its own shard', async () => {
    await moreRoundsOfEveryPath(client, run.id, 1);
    const shards = (await client.runs.paths(run.id)).items.map(({ shard }) => shard?.sha256);
    expect(new Set(shards).size).toBe(4);
    const kinds = new Set((await contributionsOf(client, run.id)).map(({ kind }) => kind));
    expect([...kinds]).toContain('route');
  });

  await test.step('a tab is closed in mid-round', async () => {
    await first.context().close();
    await moreRoundsOfEveryPath(client, run.id, 1);
  });

  const signIn = await test.step('the coordinator is killed and comes back', async () => {
    await coordinator.kill('SIGKILL');
    const link = await coordinator.boot();
    await moreRoundsOfEveryPath(client, run.id, 1);
    return link;
  });

  await test.step('the experts of a level have become different, and a volunteer fetches and hands in its path alone', async () => {
    const { items: modules } = await client.runs.modules(run.id);
    expect(new Set(modules.map(({ blob }) => blob.sha256)).size).toBe(6);
    const trained = (await contributionsOf(client, run.id)).filter(
      ({ kind, state }) => kind === 'train' && state === 'folded',
    );
    const ofPath = (await client.runs.paths(run.id)).items[0]!.modules;
    const bytes = modules.filter(({ name }) => ofPath.includes(name)).reduce((sum, { blob }) => sum + blob.bytes, 0);
    for (const one of trained) expect(one.bytes).toBe(bytes);
    // A volunteer that has its shard already fetches the new versions of its path's modules, and nothing else.
    const fetched = trained.map(({ downloadedBytes: { peers, coordinator } }) => peers + coordinator);
    expect(fetched).toContain(bytes);
  });

  await test.step('a prompt is answered by one path, which is named', async () => {
    const response = await fetch(`${coordinator.url}/v1/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model: run.id, prompt: 'We the people', max_tokens: 4 }),
    });
    expect(response.status).toBe(200);
    expect(PATHS).toContain(response.headers.get('x-pathfold-path'));
  });

  await test.step('the operator adds an expert on the page, and its paths are trained', async () => {
    const page = await (await visitor()).newPage();
    await page.goto(signIn);
    await page
      .getByRole('button')
      .filter({ has: page.getByText(run.name, { exact: true }) })
      .click();
    await page.getByLabel('Add an expert, as a copy of').selectOption({ label: 'expert 1 of level 0' });
    await page.getByRole('button', { name: 'Add an expert', exact: true }).click();
    const dialog = page.getByRole('dialog', { name: `Add an expert to level 0 of “${run.name}”?` });
    await expect(dialog).toContainText('2 new paths will cross it');
    await expectAccessible(page);
    await dialog.getByRole('button', { name: 'Add the expert' }).click();
    await expect(dialog).toBeHidden();
    const steps = async () =>
      (await client.runs.paths(run.id)).items.filter(({ id }) => id.startsWith('2-')).map(({ steps }) => steps);
    await until('two new paths', async () => (await steps()).length === 2);
    const before = Math.min(...(await steps()));
    await until('both to be trained', async () => (await steps()).every((now) => now > before));
  });
  await headless.stop();
});
