import type { RunResource } from '@pathfold/protocol/resources';
import { ScriptedVolunteer } from '@pathfold/volunteer/scripted/volunteer';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { asOperator, createRun, startTestCoordinator, type TestCoordinator } from './testing/coordinator.ts';

let coordinator: TestCoordinator;
let origin: string;
let run: RunResource;
beforeAll(async () => {
  coordinator = await startTestCoordinator();
  origin = await coordinator.listen();
  run = await createRun(coordinator);
}, 60_000);
afterAll(() => coordinator.close());

const reason = async () =>
  (await coordinator.ask({ url: `/api/v1/runs/${run.id}`, headers: asOperator })).json<RunResource>().reason;

async function deviceOf(memoryBytes: number): Promise<ScriptedVolunteer> {
  const device = new ScriptedVolunteer(origin);
  await device.join();
  device.ready(memoryBytes);
  return device;
}

test('a device that is too small for a run is told so, and so is the operator, until a larger one lends', async () => {
  expect(await reason()).toBeNull();
  const phone = await deviceOf(50_000);
  const { code, detail } = await phone.next('idle');
  expect(code).toBe('does_not_fit');
  expect(detail).toMatch(/^The smallest takes \d+ MB, this device lends 1 MB\.$/);
  expect(await reason()).toMatch(
    /^Training waits for a larger machine: it takes \d+ MB of memory, and the one volunteer who lends has 1 MB\.$/,
  );
  const desktop = await deviceOf(1e9);
  expect((await desktop.next('lease')).kind).toBe('train');
  expect(await reason()).toBeNull();
  for (const each of [phone, desktop]) each.leave();
});

test('a prompt goes to nobody whose memory does not hold the path, and the coordinator answers it', async () => {
  const phone = await deviceOf(50_000);
  phone.send({ type: 'answering', on: true });
  phone.send({ type: 'ping' });
  await phone.next('pong');
  const answer = await fetch(`${origin}/v1/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: run.id, prompt: 'path module', max_tokens: 4, pathfold: { network: true } }),
  });
  const { pathfold } = (await answer.json()) as { pathfold: { writers: { by: string }[] } };
  expect(pathfold.writers.map(({ by }) => by)).toEqual(['coordinator']);
  expect(phone.heard.some(({ type }) => type === 'ask')).toBe(false);
  phone.leave();
});
