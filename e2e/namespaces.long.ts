import { join } from 'node:path';
import { createClient } from '@pathfold/client/client';
import { expect, test } from '@playwright/test';
import { Coordinator, Headless, OPERATOR_TOKEN, until } from './coordinator.ts';
import { Namespace, whyNoNamespaces } from './namespaces.ts';
import { createRun, creditAndWork, moreRounds } from './runs.ts';

const DELAY_MS = 40;
const LOSS_PERCENT = 2;

const why = whyNoNamespaces();
if (why) console.log(`NOT TESTED: ${why}`);
else
  test('volunteers behind bad links train on; one that is cut off in mid-round costs one lease', async () => {
    test.setTimeout(400_000);
    const spaces = [new Namespace(1), new Namespace(2)] as const;
    const [near, far] = spaces;
    const coordinator = await Coordinator.start({ HOST: near.address });
    const volunteers: Headless[] = [];
    try {
      const noNetem = spaces.map((space) => space.impair(DELAY_MS, LOSS_PERCENT)).find((reason) => reason !== null);
      if (noNetem) console.log(`NOT TESTED: latency and loss: tc says "${noNetem}"; cut links are tested.`);
      const url = `http://${near.address}:${coordinator.port}`;
      const client = createClient({ baseUrl: url, token: OPERATOR_TOKEN });
      const run = await createRun(client, {
        inner: { steps: 1500, batch: 2, learningRate: 0.003, warmupSteps: 20 },
        replicas: 1,
      });
      const endedLeases = async () => {
        const metrics = await (await fetch(`${url}/metrics`)).text();
        return Number(/pathfold_events_total\{type="LeaseEnded"\} (\d+)/.exec(metrics)?.[1] ?? 0);
      };
      for (const { name } of spaces)
        volunteers.push(new Headless({ url, netns: name }, join(coordinator.folder, name), '--name', name));
      const idOf = async (name: string) =>
        until(`${name} to join`, async () =>
          (await client.volunteers.list({ limit: 100 })).items.find((volunteer) => volunteer.name === name),
        ).then(({ id }) => id);
      const cutOff = await idOf(far.name);
      const acceptedOf = async () => (await client.volunteers.get(cutOff)).acceptedCount;
      const holds = () =>
        until('a lease behind the link', async () =>
          (await client.runs.leases(run.id, {})).items.some(({ volunteer }) => volunteer === cutOff),
        );
      await moreRounds(client, run.id, 2);

      // A short cut: the connections live on.
      await holds();
      const atFirst = await endedLeases();
      far.cut();
      await new Promise((resolve) => setTimeout(resolve, 4000));
      far.mend();
      await moreRounds(client, run.id, 1);
      expect(await endedLeases()).toBe(atFirst);

      // A long one: its lease goes to the other, which trains on.
      await holds();
      far.cut();
      await until('the lease to be lost', async () => (await endedLeases()) > atFirst, 90_000);
      await moreRounds(client, run.id, 2);
      const accepted = await acceptedOf();
      far.mend();
      await until('it to be back at work', async () => (await acceptedOf()) > accepted);
      expect(await endedLeases()).toBe(atFirst + 1);
      const { credit, work } = await creditAndWork(client, run.id);
      expect(credit).toBe(work);
      expect((await client.volunteers.get(cutOff)).rejectedCount).toBe(0);
    } finally {
      for (const volunteer of volunteers) await volunteer.stop('SIGKILL');
      await coordinator.dispose();
      for (const space of spaces) space.remove();
    }
  });
