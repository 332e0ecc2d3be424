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

interface Fixtures {
  /** Settings of the coordinator beyond those of every test (docs/OPERATING.md). */
  settings: Record<string, string>;
  /** A fresh one, for this test. */
  coordinator: Coordinator;
  /** Opens a browser context that shares nothing with the others. */
  visitor: () => Promise<BrowserContext>;
}

export const test = base.extend<Fixtures>({
  settings: [{}, { option: true }],
  coordinator: async ({ settings }, use) => {
    const coordinator = await Coordinator.start(settings);
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
