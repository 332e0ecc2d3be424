import { join } from 'node:path';
import { expect, test } from './browser.ts';
import { Coordinator, freePort, Headless, until } from './coordinator.ts';
import { contributionsOf, createRun } from './runs.ts';
import { TlsProxy } from './tls-proxy.ts';
import { figure, lend } from './volunteer-page.ts';

test('a tab joins through a TLS proxy at a name of its own, trains, and gets blobs from a peer', async ({
  visitor,
}) => {
  const port = await freePort();
  const address = `https://pathfold.example:${port}`;
  const coordinator = await Coordinator.start({ PUBLIC_URL: address, TRUST_PROXY: '127.0.0.1' });
  const proxy = await TlsProxy.start(port, coordinator.port);
  try {
    const { client } = coordinator;
    const run = await createRun(client);
    const headless = new Headless(coordinator.url, join(coordinator.folder, 'headless'), '--share');
    await until('the headless volunteer to be folded', async () =>
      (await contributionsOf(client, run.id)).some((item) => item.state === 'folded'),
    );

    const tab = await lend(await visitor(), address, { computeOn: 'CPU', share: true });
    await until('folded work of two volunteers', async () => {
      const folded = (await contributionsOf(client, run.id)).filter((item) => item.state === 'folded');
      return new Set(folded.map((item) => item.volunteer)).size === 2;
    });
    expect(await figure(tab, 'From peers')).not.toBe('0 B');
    await headless.stop();
  } finally {
    await proxy.stop();
    await coordinator.dispose();
  }
});
