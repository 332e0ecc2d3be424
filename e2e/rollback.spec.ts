import { join } from 'node:path';
import { expectAccessible } from './accessible.ts';
import { expect, test } from './browser.ts';
import { Headless } from './coordinator.ts';
import { createRun, moreRounds } from './runs.ts';

test('the operator takes a run back to an earlier round on the page, and volunteers train on from there', async ({
  coordinator,
  visitor,
}) => {
  const { client } = coordinator;
  await coordinator.kill('SIGTERM');
  const page = await (await visitor()).newPage();
  await page.goto(await coordinator.boot());
  const { id, name } = await createRun(client, { name: 'astray' });
  const modules = async () => (await client.runs.modules(id)).items.map(({ version, blob }) => [version, blob.sha256]);
  // The first round is kept for good, however many follow before the page has paused the run.
  const { round } = await client.runs.get(id);
  const before = await modules();
  const headless = new Headless(coordinator.url, join(coordinator.folder, 'headless'));
  await moreRounds(client, id, 3);

  await page.getByRole('button', { name: 'Pause' }).click();
  const choice = page.getByLabel('Take the run back to');
  await expect(choice).toBeVisible();
  await expectAccessible(page);
  await choice.selectOption(`${round}`);
  await page.getByRole('button', { name: 'Take it back', exact: true }).click();
  const dialog = page.getByRole('dialog', { name: `Take “${name}” back to round ${round}?` });
  await expect(dialog).toContainText(`All that was trained after round ${round} is lost`);
  await expectAccessible(page);
  await dialog.getByRole('button', { name: `Take it back to round ${round}` }).click();
  await expect(page.getByText(`Taken back to round ${round} by the operator.`)).toBeVisible();
  await expect(dialog).toBeHidden();
  expect(await modules()).toEqual(before);
  expect((await client.runs.history(id)).every((point) => point.round <= round)).toBe(true);

  await page.getByRole('button', { name: 'Resume' }).click();
  await moreRounds(client, id, 2);
  expect((await client.runs.contributions(id)).items.filter(({ state }) => state === 'rejected')).toEqual([]);
  await headless.stop();
});
