import type { BrowserContext } from '@playwright/test';
import { chromium } from 'playwright';
import { CHROMIUM, FLAGS, test } from './browser.ts';
import { until } from './coordinator.ts';
import { contributionsOf, createRun } from './runs.ts';
import { lend } from './volunteer-page.ts';

/** Runs before the page's own scripts, in the page and in each of its workers. */
const inPageAndWorkers = async (context: BrowserContext, script: string) => {
  await context.addInitScript(script);
  await context.route(/worker.*\.js$/, async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, body: `${script};\n${await response.text()}` });
  });
};

/** A worker whose script came from a test has no address of its own: Chromium would not let it reach this machine. */
const LOCAL = '--disable-features=LocalNetworkAccessChecks,LocalNetworkAccessChecksWebSockets';

const LACKS: Record<string, { flags?: string[]; prepare?: (context: BrowserContext) => Promise<unknown> }> = {
  WebGPU: { flags: FLAGS.filter((flag) => !flag.includes('webgpu')) },
  SharedArrayBuffer: { prepare: (context) => inPageAndWorkers(context, 'delete globalThis.SharedArrayBuffer') },
  OPFS: { prepare: (context) => inPageAndWorkers(context, 'delete StorageManager.prototype.getDirectory') },
  WebRTC: { prepare: (context) => context.addInitScript('delete window.RTCPeerConnection') },
};

for (const [lack, { flags = FLAGS, prepare }] of Object.entries(LACKS))
  test(`a browser without ${lack} trains`, async ({ coordinator }) => {
    const { client } = coordinator;
    const run = await createRun(client);
    const browser = await chromium.launch({ executablePath: CHROMIUM, args: [...flags, LOCAL] });
    const context = await browser.newContext();
    await prepare?.(context);
    await lend(context, coordinator.url);
    await until('a folded contribution', async () =>
      (await contributionsOf(client, run.id)).some((item) => item.state === 'folded'),
    );
    await browser.close();
  });
