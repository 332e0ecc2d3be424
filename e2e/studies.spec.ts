import { expectAccessible } from './accessible.ts';
import { expect, test } from './browser.ts';

test('the gallery: ten papers within two screens, and a page for each that can be linked to', async ({
  coordinator,
  visitor,
}) => {
  const page = await (await visitor()).newPage();
  await page.setViewportSize({ width: 1280, height: 900 });
  await page.goto(`${coordinator.url}/studies`);
  const cards = page
    .getByRole('main')
    .getByRole('listitem')
    .filter({ has: page.getByRole('heading') });

  await test.step('a card for each paper, with its picture, on two screens', async () => {
    await expect(cards).toHaveCount(10);
    for (const picture of await cards.getByRole('img').all())
      await expect.poll(() => picture.evaluate((image) => (image as HTMLImageElement).naturalWidth)).toBeGreaterThan(0);
    expect(await page.evaluate(() => document.documentElement.scrollHeight)).toBeLessThanOrEqual(2 * 900);
    await expectAccessible(page);
  });

  await test.step('a card leads to its page by the keyboard', async () => {
    await cards.getByRole('link', { name: 'What & How' }).focus();
    await page.keyboard.press('Enter');
    await expect(page).toHaveURL(/\/studies\/what-and-how$/);
    await page.reload();
    await expect(page.getByRole('heading', { level: 1, name: 'What & How' })).toBeVisible();
    await expect(page.getByRole('heading', { name: 'Did not hold, or stays open' })).toBeVisible();
    await expect(page.getByText('npm run study -- what-and-how')).toBeVisible();
    await expectAccessible(page);
  });

  await test.step('claims are filtered by verdict', async () => {
    const { studies } = await (await page.request.get(`${coordinator.url}/api/v1/studies`)).json();
    const { claims } = studies.find(({ name }: { name: string }) => name === 'what-and-how');
    const rows = page.getByRole('region', { name: 'Claims of What & How' }).getByRole('row');
    await expect(rows).toHaveCount(1 + claims.length);
    const notHeld = page.getByRole('button', { name: /^\d+ not held$/ });
    await notHeld.focus();
    await page.keyboard.press('Space');
    await expect(notHeld).toHaveAttribute('aria-pressed', 'true');
    await expect(rows).toHaveCount(
      1 + claims.filter(({ verdict }: { verdict: string }) => verdict === 'not_held').length,
    );
    await page.getByRole('button', { name: /^All / }).click();
    await expect(rows).toHaveCount(1 + claims.length);
  });

  await test.step('a paper without results, and a name that no study has, say so', async () => {
    await page.goto(`${coordinator.url}/studies/darla`);
    await expect(page.getByText('Not measured here yet')).toBeVisible();
    await expectAccessible(page);
    await page.goto(`${coordinator.url}/studies/no-such`);
    await expect(page.getByText('No study is called “no-such” here')).toBeVisible();
  });
});
