import { join } from 'node:path';
import { expect, test } from './browser.ts';
import { Headless, until } from './coordinator.ts';
import { contributionsOf, createRun, creditAndWork, moduleFromPeer, moreRounds } from './runs.ts';
import { lend } from './volunteer-page.ts';

test('two tabs and a headless volunteer train one run, through a closed tab and a killed coordinator', async ({
  coordinator,
  visitor,
}) => {
  const { client } = coordinator;
  const run = await createRun(client);

  const headless = new Headless(coordinator.url, join(coordinator.folder, 'headless'), '--share', '--name', 'headless');
  await lend(await visitor(), coordinator.url, { computeOn: 'CPU', share: true });
  const gpuTab = await lend(await visitor(), coordinator.url, { computeOn: 'GPU', share: true });

  await test.step('all three are folded, one of them on WebGPU', () =>
    until('a folded contribution of each', async () => {
      const folded = (await contributionsOf(client, run.id)).filter((item) => item.state === 'folded');
      const executors = new Set(folded.map((item) => item.executor?.name));
      return new Set(folded.map((item) => item.volunteer)).size === 3 && executors.has('webgpu');
    }));

  await test.step('a module version reaches a tab from a peer and not from the coordinator', () =>
    until('a module from a peer', () => moduleFromPeer(client, run.id)));

  await test.step('a tab is closed in mid-round: two more rounds', async () => {
    await gpuTab.context().close();
    await moreRounds(client, run.id, 2);
  });

  await test.step('the coordinator is killed in mid-round and comes back: two more rounds, credit exact', async () => {
    await until('a lease being worked on', async () => (await client.runs.leases(run.id)).items.length > 0);
    const before = await client.runs.get(run.id);
    const credit = (await creditAndWork(client, run.id)).credit;
    await coordinator.kill('SIGKILL');
    await coordinator.boot();
    const after = await client.runs.get(run.id);
    expect(after.round).toBeGreaterThanOrEqual(before.round);
    expect(after.tokens).toBeGreaterThanOrEqual(before.tokens);
    expect((await creditAndWork(client, run.id)).credit).toBeGreaterThanOrEqual(credit);
    await moreRounds(client, run.id, 2);
    await client.runs.pause(run.id);
    await until('credit to equal accepted work', async () => {
      const { credit, work } = await creditAndWork(client, run.id);
      return credit === work;
    });
  });

  await headless.stop();
});
