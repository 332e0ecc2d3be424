import { join } from 'node:path';
import { test } from './browser.ts';
import { Coordinator, freePort, Headless, until } from './coordinator.ts';
import { contributionsOf, createRun, moduleFromPeer } from './runs.ts';
import { TlsProxy } from './tls-proxy.ts';
import { lend } from './volunteer-page.ts';

test('a tab joins through a TLS proxy at a name of its own, trains, and gets a module from a peer', async ({
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

    await lend(await visitor(), address, { computeOn: 'CPU', share: true });
    await until('folded work of two volunteers', async () => {
      const folded = (await contributionsOf(client, run.id)).filter((item) => item.state === 'folded');
      return new Set(folded.map((item) => item.volunteer)).size === 2;
    });
    await until('a module from a peer', () => moduleFromPeer(client, run.id));
    await headless.stop();
  } finally {
    await proxy.stop();
    await coordinator.dispose();
  }
});
