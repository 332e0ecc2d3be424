import type { PathResource, RunResource } from '@pathfold/protocol/resources';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  asOperator,
  createRun,
  startTestCoordinator,
  type TestCoordinator,
  until,
  uploadCorpus,
} from './testing/coordinator.ts';
import { FakeVolunteer } from './testing/volunteer.ts';

let coordinator: TestCoordinator;
/** The operator's own machine, whose scores decide. */
let own: FakeVolunteer;
beforeAll(async () => {
  own = new FakeVolunteer('');
  coordinator = await startTestCoordinator({ trustedVolunteers: [own.id] });
}, 60_000);
afterAll(() => coordinator.close());

const get = async <T>(url: string) => (await coordinator.ask({ url, headers: asOperator })).json<T>();

test('a path that stops improving is not trained any more; its best version is exported', async () => {
  const origin = await coordinator.listen();
  const corpus = await uploadCorpus(coordinator, 300);
  const { id } = await createRun(coordinator, { corpus, evaluateEvery: 1, earlyStopping: { patience: 2 } });
  const volunteer = new FakeVolunteer(origin, own);
  await volunteer.join();
  const toil = volunteer.toil();
  await until('the end', async () => (await get<RunResource>(`/api/v1/runs/${id}`)).state === 'finished');
  const [path] = (await get<{ items: PathResource[] }>(`/api/v1/runs/${id}/paths`)).items;
  expect(path!.kept).toMatchObject({ scoringsSince: 2, stopped: true });
  expect(path!.steps).toBeLessThan(1000);
  expect(path!.round).toBeGreaterThan(path!.kept!.round);
  const answer = await coordinator.ask({ url: `/api/v1/runs/${id}/export/0.safetensors`, headers: asOperator });
  expect(answer.headers['x-pathfold-round']).toBe(`${path!.kept!.round}`);
  volunteer.leave();
  await toil;
});
