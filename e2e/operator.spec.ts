import { expect, test } from './browser.ts';
import { OPERATOR_TOKEN, until } from './coordinator.ts';
import { TINY } from './runs.ts';

test('what an operator typed and chose stays, whatever else happens', async ({ coordinator, visitor }) => {
  const { client } = coordinator;
  const { id } = await client.runs.create({ ...TINY, name: 'model' });
  const config = { arms: [{ name: 'baldwin', method: 'baldwin' }] };
  const study = (name: string) => client.runs.createStudy({ name, study: 'baldwin', config });
  for (let i = 1; i <= 50; i++) await study(`study ${i}`);
  const context = await visitor();
  await context.setExtraHTTPHeaders({ authorization: `Bearer ${OPERATOR_TOKEN}` });
  const page = await context.newPage();
  let minute = 0;
  await context.route('**/activity*', (route) => {
    const time = (offset: number) => new Date(Date.UTC(2026, 0, 1, 12, minute + offset)).toISOString();
    minute++;
    const one = { id: 'someone', name: 'someone', row: 'i'.repeat(60), usefulMs: 0, lentMs: 0 };
    const volunteers = [{ ...one, tokensPerSecond: null, pieces: [] }];
    const rest = { utilisation: null, meanStaleness: null, staleness: [], speeds: [] };
    return route.fulfill({ json: { from: time(0), to: time(15), volunteers, ...rest } });
  });
  await page.goto(`${coordinator.url}/operator`);
  const runs = page.getByRole('region', { name: 'Runs' }).getByRole('listitem');

  await test.step('a run that somebody else makes does not take the place of the one to delete', async () => {
    await page.getByRole('button', { name: 'Delete', exact: true }).click();
    const dialog = page.getByRole('dialog', { name: 'Delete “study 50”?' });
    await expect(dialog).toBeVisible();
    await study('newer');
    await expect(runs.filter({ hasText: 'newer' })).toBeVisible();
    await dialog.getByRole('button', { name: 'Delete this run' }).click();
    const named = async () => (await client.runs.list({ limit: 100 })).items.map(({ name }) => name);
    await until('the run to be deleted', async () => !(await named()).includes('study 50'));
    expect(await named()).toContain('newer');
    await expect(dialog).toBeHidden();
  });
  await test.step('a question closes at a click beside it, not at the end of a drag', async () => {
    await page.getByRole('button', { name: 'Delete', exact: true }).click();
    const heading = page.getByRole('heading', { name: /^Delete “/ });
    await heading.hover();
    await page.mouse.down();
    await page.mouse.move(3, 3);
    await page.mouse.up();
    await expect(heading).toBeVisible();
    await page.mouse.click(3, 3);
    await expect(heading).toBeHidden();
  });
  await test.step('the oldest of 51 runs is reached', async () => {
    await expect(runs).toHaveCount(50);
    await page.getByRole('button', { name: 'Show older runs' }).click();
    await expect(runs).toHaveCount(51);
    await expect(page.getByRole('button', { name: 'Show older runs' })).toBeHidden();
    await runs.filter({ hasText: 'model' }).getByRole('button').click();
    await expect(page.getByRole('heading', { name: 'model' })).toBeVisible();
  });

  await test.step('the form of a new run', async () => {
    await page.getByRole('button', { name: 'New run' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('Rounds', { exact: true }).click();
    const deadline = dialog.getByLabel('Deadline of a round');
    await deadline.fill('');
    await deadline.pressSequentially('60000');
    await expect(deadline).toBeVisible();
    await expect(deadline).toHaveValue('60000');

    const arrivals = dialog.getByText('Arrivals, in asynchronous modes');
    await arrivals.click();
    await dialog.getByLabel('Modules step').selectOption('async');
    await arrivals.click();
    await expect(dialog.getByLabel('Modules step')).toBeHidden();
    await dialog.getByText('Outer step, on the coordinator').click();
    await dialog.getByLabel('Volunteers send').selectOption('gradients');
    await expect(dialog.getByText('Gradients are exchanged in rounds only', { exact: false })).toBeVisible();
    await dialog.getByLabel('Volunteers send').selectOption('deltas');

    await dialog.getByLabel('Their speed').fill('');
    await expect(dialog.getByText('A number above 0.')).toBeVisible();
    await expect(dialog.getByText('–', { exact: true }).last()).toBeVisible();
    await page.mouse.click(3, 3);
    await expect(deadline).toHaveValue('60000');
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    await expect(dialog).toBeHidden();
  });

  await test.step('how modules step is chosen by keys, and applied once', async () => {
    await until('the run to be prepared', async () => (await client.runs.get(id)).state === 'training');
    const mode = page.getByLabel('Modules step');
    await expect(mode).toBeEnabled();
    await mode.focus();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowDown');
    await expect(mode).toHaveValue('hybrid');
    await expect(mode).toBeFocused();
    for (const key of ['Tab', 'Space', 'Tab', 'Space']) await page.keyboard.press(key);
    for (const name of ['the embedding', 'level 0']) await expect(page.getByLabel(name, { exact: true })).toBeChecked();
    expect((await client.runs.get(id)).spec.mode).toBe('sync');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await until('both to step at arrivals', async () => {
      const { spec } = await client.runs.get(id);
      return spec.mode === 'hybrid' && spec.async.arrivals?.join() === 'embedding,level0';
    });
    await expect(page.getByText('At arrivals step the embedding and level 0.', { exact: false })).toBeAttached();
    const apply = page.getByRole('button', { name: 'Apply' });
    await expect(apply).toHaveAttribute('aria-disabled', 'true');
    await expect(apply).toBeFocused();
  });

  await test.step('the timeline tells where the keys went, once', async () => {
    const figure = page.locator('figure', { hasText: 'the newest at the right' });
    const told = figure.locator('p[aria-live]').last();
    const shown = figure.locator('p:not([aria-live])').last();
    const texts = await shown.evaluateHandle((element) => {
      const seen: (string | null)[] = [];
      const options = { childList: true, characterData: true, subtree: true };
      new MutationObserver(() => seen.push(element.textContent)).observe(element, options);
      return seen;
    });
    await page.getByRole('application', { name: /^Timeline/ }).focus();
    await page.keyboard.press('ArrowLeft');
    await expect(told).toHaveText(/^someone at .*: idle, waits for work\.$/);
    const first = (await told.textContent())!;
    await expect(shown).not.toHaveText(first);
    expect(await texts.jsonValue()).toContain(first);
    await expect(told).toHaveText(first);
    await page.keyboard.press('Tab');
    await expect(told).toHaveText('');
  });

  await test.step('a refusal is told as one, not as silence', async () => {
    const refusal = { status: 500, json: { code: 'internal', detail: 'Out of paper.' } };
    await context.route(/\/api\/v1\/(studies|runs)(\?|$)/, (route) => route.fulfill(refusal));
    for (const path of ['', 'about', 'studies']) {
      await page.goto(`${coordinator.url}/${path}`);
      await expect(page.getByText('Out of paper.')).toBeVisible();
      await expect(page.getByText('The coordinator is away.')).toBeHidden();
    }
  });
});
