import { type BrowserContext, test as base } from '@playwright/test';
import { chromium } from 'playwright';
import { Coordinator } from './coordinator.ts';

export const CHROMIUM = process.env['PATHFOLD_CHROMIUM'] ?? '/usr/bin/chromium';

/** Debian's Chromium, with WebGPU on a software adapter, and without a network of its own. */
export const FLAGS = [
  '--no-sandbox',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--enable-unsafe-webgpu',
  '--use-webgpu-adapter=swiftshader',
  // The name and the certificate of e2e/tls-proxy.ts.
  '--host-resolver-rules=MAP pathfold.example 127.0.0.1',
  '--ignore-certificate-errors',
];

/** `coordinator`: a fresh one, for this test. `visitor`: opens a browser context that shares nothing with the others. */
export const test = base.extend<{ coordinator: Coordinator; visitor: () => Promise<BrowserContext> }>({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright asks for a pattern
  coordinator: async ({}, use) => {
    const coordinator = await Coordinator.start();
    await use(coordinator);
    await coordinator.dispose();
  },
  // biome-ignore lint/correctness/noEmptyPattern: Playwright asks for a pattern
  visitor: async ({}, use) => {
    const browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
    await use(() => browser.newContext());
    await browser.close();
  },
});

export { expect } from '@playwright/test';
