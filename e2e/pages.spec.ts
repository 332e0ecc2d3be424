import { join } from 'node:path';
import { expectAccessible } from './accessible.ts';
import { expect, test } from './browser.ts';
import { Headless, until } from './coordinator.ts';
import { createRun, moreRounds } from './runs.ts';
import { lend } from './volunteer-page.ts';

test('the operator signs in once, creates a run, pauses and resumes it; a prompt is answered by its path', async ({
  coordinator,
  visitor,
}) => {
  const { client } = coordinator;
  await coordinator.kill('SIGTERM');
  const link = await coordinator.boot();
  const context = await visitor();
  const page = await context.newPage();
  await page.goto(link);
  await expect(page.getByRole('heading', { name: 'Runs' })).toBeVisible();
  await expect(page.getByRole('heading', { name: 'Volunteers' })).toBeVisible();
  expect(page.url()).not.toContain('code=');

  await test.step('the link works once', async () => {
    const second = await (await visitor()).newPage();
    await second.goto(link);
    await expect(second.getByRole('heading', { name: 'Sign in to operate' })).toBeVisible();
  });

  await test.step('a wrong number is refused at its field, a right one creates the run', async () => {
    await page.getByRole('button', { name: 'New run' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Name', { exact: true }).fill('from the form');
    for (const [label, value] of [
      ['Width', '32'],
      ['Blocks', '2'],
      ['Attention heads', '3'],
      ['Context', '32'],
      ['Vocabulary', '512'],
    ] as const)
      await dialog.getByLabel(label, { exact: true }).fill(value);
    const create = dialog.getByRole('button', { name: 'Create run' });
    await expect(dialog.getByText(/multiple of twice the heads/)).toBeVisible();
    await expect(create).toBeDisabled();
    await dialog.getByLabel('Attention heads', { exact: true }).fill('2');
    await expectAccessible(page);
    await create.click();
    await expect(dialog).toBeHidden();
  });

  const run = await until('the run to be prepared', async () =>
    (await client.runs.list()).items.find((item) => item.name === 'from the form' && item.state === 'training'),
  );
  const headless = new Headless(coordinator.url, join(coordinator.folder, 'headless'));
  await moreRounds(client, run.id, 1);

  await test.step('pause and resume', async () => {
    await page.getByRole('button', { name: 'Pause' }).click();
    await until('the run to pause', async () => (await client.runs.get(run.id)).state === 'paused');
    await expectAccessible(page);
    await page.getByRole('button', { name: 'Resume' }).click();
    await until('the run to go on', async () => (await client.runs.get(run.id)).state === 'training');
    await moreRounds(client, run.id, 1);
  });
  await test.step('modules step at arrivals and in rounds again, while a volunteer trains', async () => {
    const mode = page.getByLabel('Modules step');
    const apply = page.getByRole('button', { name: 'Apply' });
    await page.getByText('How this run steps').click();
    for (const [to, rule] of [
      ['async', 'Grace period'],
      ['hybrid', 'Two kinds'],
      ['sync', 'A round'],
    ] as const) {
      await mode.selectOption(to);
      await apply.click();
      await until(`mode ${to}`, async () => (await client.runs.get(run.id)).spec.mode === to);
      await expect(page.getByText(rule, { exact: true })).toBeVisible();
      await moreRounds(client, run.id, 2);
      await expectAccessible(page);
      if (to !== 'hybrid') continue;
      await page.getByLabel('the head', { exact: true }).check();
      await apply.click();
      await until('the head to be chosen', async () => {
        const { spec } = await client.runs.get(run.id);
        return spec.async.arrivals?.join() === 'head';
      });
      await expect(page.getByText('At arrivals step the head.')).toBeVisible();
      await moreRounds(client, run.id, 1);
    }
  });
  await headless.stop();

  await test.step('the prompt page streams an answer and names the path', async () => {
    const ask = await context.newPage();
    await ask.goto(`${coordinator.url}/prompt`);
    await ask.getByRole('textbox', { name: 'Prompt' }).fill('We hold these truths');
    await ask.getByRole('button', { name: 'Send' }).click();
    const log = ask.getByRole('log');
    await expect(log).toContainText(/path 0/i);
    await expect(log.getByText('We hold these truths')).toBeVisible();
    await expect(ask.getByRole('button', { name: 'Send' })).toBeEnabled();
    await expectAccessible(ask);
  });
});

test('the volunteer page: nothing starts by itself, buttons do what they say, two tabs agree', async ({
  coordinator,
  visitor,
}) => {
  const { client } = coordinator;
  const context = await visitor();
  const empty = await context.newPage();
  await empty.goto(coordinator.url);
  await expect(empty.getByRole('button', { name: 'Lend this CPU' })).toBeVisible();
  await expectAccessible(empty);
  await empty.close();

  const run = await createRun(client);
  await test.step('the button is on the first screen, and all of the terms are one click away', async () => {
    const first = await context.newPage();
    for (const [width, height] of [
      [1280, 900],
      [390, 844],
    ] as const) {
      await first.setViewportSize({ width, height });
      await first.goto(coordinator.url);
      await expect(first.getByText(`the training of “${run.name}”`)).toBeVisible();
      await expect(first.getByRole('button', { name: 'Lend this CPU' })).toBeInViewport({ ratio: 1 });
      await first.getByText('All of it').click();
      await expect(first.getByText('You send', { exact: true })).toBeVisible();
      await expectAccessible(first);
    }
    await first.close();
  });
  const page = await lend(context, coordinator.url);
  await expect(page.getByRole('status').first()).toContainText(/comput|training/i);
  await expectAccessible(page);

  await test.step('a second tab of the same person does not train', async () => {
    const second = await context.newPage();
    await second.goto(coordinator.url);
    await second.getByRole('button', { name: /^Lend this/ }).click();
    await expect(second.getByText(/another tab/i).first()).toBeVisible();
    await second.close();
  });

  await test.step('quick keys move the throttle, one step each', async () => {
    const throttle = page.getByLabel('Throttle');
    await throttle.focus();
    for (let i = 0; i < 6; i++) await page.keyboard.press('ArrowLeft');
    await expect(throttle).toHaveAttribute('aria-valuetext', '70 %');
    await throttle.fill('1');
  });

  await test.step('Pause, Resume, Finish and stop', async () => {
    await moreRounds(client, run.id, 1);
    await page.getByRole('button', { name: 'Pause' }).click();
    await until('no lease to be held', async () => (await client.runs.leases(run.id)).items.length === 0);
    await page.getByRole('button', { name: 'Resume' }).click();
    await moreRounds(client, run.id, 1);
    await page.getByRole('button', { name: 'Finish and stop' }).click();
    await expect(page.getByRole('button', { name: /^Lend this/ })).toBeVisible();
  });

  await test.step('credit on the page is the credit in the books', async () => {
    const { credit } = (await client.runs.volunteers(run.id)).items[0]!;
    expect(credit).toBeGreaterThan(0);
    await expect(page.getByText(credit.toLocaleString('en')).first()).toBeVisible();
  });

  await test.step('the coordinator goes away: the page says so', async () => {
    await coordinator.kill('SIGKILL');
    await expect(page.getByText(/coordinator is away/i).first()).toBeVisible();
    await expectAccessible(page);
  });
});

test('a run of many paths: the operator sees its grid and its shards, a visitor reads what it is', async ({
  coordinator,
  visitor,
}) => {
  const { client } = coordinator;
  const levels = [2, 2].map((experts) => ({ experts, blocks: 1 }));
  const run = await createRun(client, { levels, routing: { kind: 'random' }, replicas: 1 });
  const headless = new Headless(coordinator.url, join(coordinator.folder, 'headless'));
  await moreRounds(client, run.id, 1);
  await headless.stop();
  const page = await (await visitor()).newPage();
  await page.goto(`${coordinator.url}/operator`);

  await test.step('arrow keys go from path to path, and each says what it crosses and reads', async () => {
    const paths = page.getByRole('toolbar', { name: 'Paths' }).getByRole('button');
    await expect(paths).toHaveCount(4);
    await paths.first().focus();
    await page.keyboard.press('ArrowRight');
    await expect(
      page.getByText(/Path 0-1 crosses embedding v\d+ → level0.0 v\d+ → level1.1 v\d+ → head/),
    ).toBeVisible();
    await expect(page.getByText(/It reads [\d,]+ texts/)).toBeVisible();
  });
  await test.step('shards, confusion and tables', async () => {
    await expect(page.getByRole('list', { name: 'Domains of the shard of path 1-1' })).toBeVisible();
    await expect(page.getByRole('region', { name: /^Domains against paths/ }).getByRole('row')).toHaveCount(13);
    await page.getByText('The same as tables').click();
    await expect(page.getByRole('region', { name: 'Modules', exact: true }).getByRole('row')).toHaveCount(1 + 6);
    await expectAccessible(page);
  });
  await test.step('the page for visitors', async () => {
    await page.getByRole('link', { name: 'Learn' }).click();
    await expect(page.getByText(/The model above has 4 paths/)).toBeVisible();
    await expect(page.getByRole('toolbar', { name: 'Paths' }).getByRole('button')).toHaveCount(4);
    await expectAccessible(page);
  });
});
