import { type BrowserContext, expect, type Page } from '@playwright/test';

export interface Lending {
  readonly computeOn?: 'Automatic' | 'GPU' | 'CPU';
  readonly share?: boolean;
  readonly answer?: boolean;
}

/** Opens the volunteer page, agrees and starts. */
export async function lend(context: BrowserContext, url: string, how: Lending = {}): Promise<Page> {
  const page = await context.newPage();
  await page.goto(url);
  await page.getByLabel('Compute on').selectOption(how.computeOn ?? 'CPU');
  if (how.share) await page.getByLabel(/Share modules/).check();
  if (how.answer) await page.getByLabel('Answer prompts of visitors').check();
  await page.getByRole('button', { name: /^Lend this (GPU|CPU)$/ }).click();
  await expect(page.getByRole('button', { name: 'Pause' })).toBeVisible();
  return page;
}
