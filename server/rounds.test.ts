import type { AddressInfo } from 'node:net';
import type { HistoryPoint, ModuleResource, RunResource, VolunteerResource } from '@pathfold/protocol/resources';
import { ScriptedVolunteer } from '@pathfold/volunteer/scripted/volunteer.fixture';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { asOperator, createRun, startTestCoordinator, type TestCoordinator, until } from './testing/coordinator.ts';

let coordinator: TestCoordinator;
beforeAll(async () => {
  coordinator = await startTestCoordinator();
}, 60_000);
afterAll(() => coordinator.close());

const read = async <T>(url: string) => (await coordinator.ask({ url })).json<T>();
const roundReached = (id: string, round: number) =>
  until(`round ${round}`, async () => {
    const run = await read<RunResource>(`/api/v1/runs/${id}`);
    return run.round >= round && run;
  });

test('volunteers drive a run round by round, evaluated now and then', async () => {
  const { id } = await createRun(coordinator, { replicas: 2, evaluateEvery: 2 });
  const origin = await coordinator.listen();
  const both = [new ScriptedVolunteer(origin), new ScriptedVolunteer(origin)];
  for (const one of both) await one.join();
  const toil = both.map((one) => one.toil());
  const run = await roundReached(id, 5);
  expect(run.state).toBe('training');
  expect(run.trainLoss).toBe(3);
  await until('an evaluation', async () => (await read<RunResource>(`/api/v1/runs/${id}`)).validBitsPerByte !== null);
  for (const one of both) one.leave();
  await Promise.all(toil);
  await coordinator.ask({ method: 'POST', url: `/api/v1/runs/${id}/stop`, headers: asOperator });

  const { points } = await read<{ points: HistoryPoint[] }>(`/api/v1/runs/${id}/history`);
  expect(points.map(({ round }) => round)).toEqual(points.map(({ round }) => round).sort((a, b) => a - b));
  const credited = await read<VolunteerResource>(`/api/v1/volunteers/${both[0]!.id}`);
  expect(credited.acceptedCount).toBeGreaterThan(0);
  expect(credited.credit).toBeGreaterThan(0);
});

test('where gradients are exchanged each round is one step of AdamW; no such run steps at arrivals', async () => {
  const { id } = await createRun(coordinator, { exchange: 'gradients', replicas: 1, inner: { steps: 1 } });
  const one = new ScriptedVolunteer(`http://127.0.0.1:${(coordinator.app.server.address() as AddressInfo).port}`);
  await one.join();
  const toil = one.toil();
  await roundReached(id, 3);
  one.leave();
  await toil;
  const { facts } = coordinator.coordinator.host.state.runs[id]!;
  for (const { parameterCount, state } of Object.values(facts.modules))
    expect(state!.bytes).toBe(4 * (2 * parameterCount + 1));
  const change = { method: 'POST', url: `/api/v1/runs/${id}/mode`, headers: asOperator } as const;
  const refused = await coordinator.ask({ ...change, payload: { mode: 'async' } });
  expect(refused.statusCode).toBe(409);
  expect(refused.json()).toMatchObject({ code: 'wrong_state', detail: expect.stringContaining('gradients') });
  await coordinator.ask({ method: 'POST', url: `/api/v1/runs/${id}/stop`, headers: asOperator });
});

test('a fold that the machine cannot compute pauses the run with its reason; resumed, it goes on', async () => {
  const { id } = await createRun(coordinator, { evaluateEvery: 1000 });
  const { blobs } = coordinator.coordinator;
  const { items } = await read<{ items: ModuleResource[] }>(`/api/v1/runs/${id}/modules`);
  const { sha256 } = items.find(({ name }) => name === 'embedding')!.blob;
  const bytes = await blobs.get(sha256);
  await blobs.delete(sha256);
  const one = new ScriptedVolunteer(`http://127.0.0.1:${(coordinator.app.server.address() as AddressInfo).port}`);
  await one.join();
  const toil = one.toil();
  const paused = await until('the pause', async () => {
    const run = await read<RunResource>(`/api/v1/runs/${id}`);
    return run.state === 'paused' && run;
  });
  expect(paused.reason).toMatch(/fold embedding .* failed: the coordinator could not compute it; its log/);
  await blobs.put(bytes!);
  await coordinator.ask({ method: 'POST', url: `/api/v1/runs/${id}/resume`, headers: asOperator });
  await roundReached(id, 2);
  one.leave();
  await toil;
});
