import { join } from 'node:path';
import { expectAccessible } from './accessible.ts';
import { expect, test } from './browser.ts';
import { Headless, until } from './coordinator.ts';
import { contributionsOf, createRun } from './runs.ts';
import { lend } from './volunteer-page.ts';

test('two tabs and a headless volunteer run a study live while a language model trains beside it', async ({
  coordinator,
  visitor,
}) => {
  const { client } = coordinator;
  const config = {
    arms: [{ name: 'baldwin', method: 'baldwin', generations: 100_000 }],
    population: 24,
    litter: 8,
    tasks: 200,
    curveEvery: 2,
  };
  const study = await client.runs.createStudy({ name: 'evolution', study: 'baldwin', config });
  expect(study.study).toBe('baldwin');
  const model = await createRun(client, { replicas: 1, inner: { steps: 10, batch: 2, warmupSteps: 5 } });

  const headless = new Headless(coordinator.url, join(coordinator.folder, 'headless'), '--name', 'headless');
  await lend(await visitor(), coordinator.url);
  const doomed = await lend(await visitor(), coordinator.url);

  await test.step('both progress', () =>
    until('rounds of both', async () => {
      const [evolved, trained] = await Promise.all([client.runs.get(study.id), client.runs.get(model.id)]);
      return evolved.round >= 4 && trained.round >= 2;
    }));

  await test.step('a tab is closed: its litter is lost, and lived by somebody else', async () => {
    await doomed.context().close();
    const { round } = await client.runs.get(study.id);
    await until('more generations', async () => (await client.runs.get(study.id)).round >= round + 3);
    const volunteers = new Set((await contributionsOf(client, study.id)).map(({ volunteer }) => volunteer));
    expect(volunteers.size).toBeGreaterThan(1);
  });

  await test.step('the gallery shows it to anybody', async () => {
    const page = await (await visitor()).newPage();
    await page.goto(`${coordinator.url}/studies`);
    await expect(page.getByRole('heading', { name: 'The Baldwin effect' })).toBeVisible();
    await expect(page.getByText(/evolution: training, round \d+/)).toBeVisible();
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
    await page.goto(`${coordinator.url}/studies`);
    await expect(page.getByRole('img', { name: /^The stream with its switches/ })).toBeVisible();
    await expect(page.getByRole('img', { name: /^Inferred contexts/ })).toBeVisible();
    await expectAccessible(page);
  });

  await headless.stop();
});
