import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { expectAccessible } from './accessible.ts';
import { expect, test } from './browser.ts';
import { Headless, until } from './coordinator.ts';
import { createRun, moreRounds } from './runs.ts';
import { lend } from './volunteer-page.ts';

// Nobody is too slow here, however busy the machine is.
test.use({ settings: { PATHFOLD_ANSWER_SECONDS: '600,600,3600' } });

/**
 * An answer never ends here whose tokens are more than `most`: the page hears of none beyond from the worker that it
 * starts for answers after this, so that it is in mid-answer for as long as the test likes.
 */
const holdTokensBack = async (page: Page, most: number): Promise<void> => {
  const volunteer = page.workers().find((worker) => worker.url().includes('volunteer.worker'))!;
  await volunteer.evaluate((bound) => {
    const said = new Map<string, number>();
    const isHeld = ({ type, lease, ids }: { type: string; lease: string; ids: number[] }) => {
      if (type !== 'tokens') return false;
      said.set(lease, (said.get(lease) ?? 0) + ids.length);
      return said.get(lease)! > bound;
    };
    Worker.prototype.addEventListener = function (type: string, listener: unknown) {
      EventTarget.prototype.addEventListener.call(this, type, (event) => {
        if (type !== 'message' || !isHeld((event as MessageEvent).data)) (listener as EventListener)(event);
      });
    };
  }, most);
};

test('volunteers answer prompts when both sides agreed; a tab that closes in mid-answer is followed by the coordinator', async ({
  coordinator,
  visitor,
}) => {
  const { client } = coordinator;
  const run = await createRun(client);
  const lending = await lend(await visitor(), coordinator.url, { computeOn: 'CPU' });
  await holdTokensBack(lending, 60);
  // The page shows what the volunteer does: the tick comes when that has heard of it.
  await lending.getByLabel('Answer prompts of visitors').click();
  await moreRounds(client, run.id, 1);
  await expect(lending.getByText('Ready to answer prompts of visitors.')).toBeVisible();
  await expectAccessible(lending);

  const page = await (await visitor()).newPage();
  await page.goto(`${coordinator.url}/prompt`);
  await expect(page.getByText('your prompt stays with you')).toBeVisible();
  await page.getByLabel('Computed by').selectOption('network');
  await expect(page.getByText('A stranger will read your prompt.')).toBeVisible();
  await expect(page.getByText('your prompt leaves this browser')).toBeVisible();
  await expectAccessible(page);
  // The likeliest token always: such a text does not end by itself.
  await page.getByRole('slider', { name: 'Temperature' }).fill('0');
  const answers = page.getByRole('log').getByRole('listitem').filter({ hasText: 'seed' });
  const send = async (longest: number) => {
    await page.getByRole('slider', { name: 'Longest answer' }).fill(`${longest}`);
    await page.getByRole('textbox', { name: 'Prompt' }).fill('We hold these truths');
    await page.getByRole('button', { name: 'Send' }).click();
  };

  await test.step('a volunteer writes the whole answer, and its page says so', async () => {
    await send(60);
    await expect(answers.first()).toContainText('60 tokens by volunteer');
    await expect(answers.first()).toContainText('a stranger who was sent this text');
    await expect(lending.getByText('1 prompt answered in this visit.')).toBeVisible();
    const { items } = await client.runs.contributions(run.id, { limit: 100 });
    expect(items.find(({ kind }) => kind === 'answer')).toMatchObject({ state: 'checked', tokens: 60 });
  });

  await test.step('the tab closes in mid-answer: the coordinator finishes it', async () => {
    await send(1000);
    await expect(lending.getByText(/Answering a visitor’s prompt by path 0; tokens so far: [1-9]/)).toBeVisible();
    await expect(answers.nth(1)).toContainText('· writing');
    await lending.close();
    await expect(answers.nth(1)).toContainText('the longest answer was reached');
    await expect(answers.nth(1)).toContainText(/tokens by volunteer .{8}, who did not go on/);
    await expect(answers.nth(1)).toContainText(/tokens by the coordinator/);
    await expectAccessible(page);
    const { items } = await client.runs.contributions(run.id, { limit: 100 });
    const broken = items.find(({ kind, state }) => kind === 'answer' && state === 'rejected');
    expect(broken?.reason).toContain('answer_broken_off');
  });

  await test.step('a headless volunteer answers only with its flag', async () => {
    const silent = new Headless(coordinator.url, join(coordinator.folder, 'silent'));
    const headless = new Headless(coordinator.url, join(coordinator.folder, 'headless'), '--answer');
    await until('the volunteers to work', async () => (await client.runs.volunteers(run.id)).items.length >= 3);
    await send(40);
    await expect(answers.nth(2)).toContainText('40 tokens by volunteer');
    await silent.stop();
    await headless.stop();
  });
});
