import type { ModuleResource, PathResource, RunResource } from '@pathfold/protocol/resources';
import { ScriptedVolunteer } from '@pathfold/volunteer/scripted/volunteer';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  asOperator,
  createRun,
  startTestCoordinator,
  type TestCoordinator,
  until,
  uploadCorpus,
} from './testing/coordinator.ts';

let coordinator: TestCoordinator;
/** The operator's own machine, whose scores decide. */
let own: ScriptedVolunteer;
let origin: string;
beforeAll(async () => {
  own = new ScriptedVolunteer('');
  coordinator = await startTestCoordinator({ trustedVolunteers: [own.id] });
  origin = await coordinator.listen();
}, 60_000);
afterAll(() => coordinator.close());

const get = async <T>(url: string) => (await coordinator.ask({ url, headers: asOperator })).json<T>();

const roundOfExport = async (run: string) =>
  (await coordinator.ask({ url: `/api/v1/runs/${run}/export/0.safetensors`, headers: asOperator })).headers[
    'x-pathfold-round'
  ];

test('a path that stops improving is not trained any more; its best version is exported, and is the base of another run', async () => {
  const corpus = await uploadCorpus(coordinator, 300);
  const { id } = await createRun(coordinator, { corpus, evaluateEvery: 1, earlyStopping: { patience: 2 } });
  const volunteer = new ScriptedVolunteer(origin, own);
  await volunteer.join();
  const toil = volunteer.toil();
  await until('the end', async () => (await get<RunResource>(`/api/v1/runs/${id}`)).state === 'finished');
  const [path] = (await get<{ items: PathResource[] }>(`/api/v1/runs/${id}/paths`)).items;
  expect(path!.kept).toMatchObject({ scoringsSince: 2, stopped: true });
  expect(path!.steps).toBeLessThan(1000);
  expect(path!.round).toBeGreaterThan(path!.kept!.round);
  expect(await roundOfExport(id)).toBe(`${path!.kept!.round}`);
  volunteer.leave();
  await toil;
  const copy = await createRun(coordinator, { corpus, base: { run: id } });
  const { items } = await get<{ items: ModuleResource[] }>(`/api/v1/runs/${copy.id}/modules`);
  expect(items.map(({ blob }) => blob.sha256)).toEqual(path!.kept!.modules.map(({ sha256 }) => sha256));
});

test('a run that is stopped by the operator answers with the best version of its paths, and is scored by it', async () => {
  const corpus = await uploadCorpus(coordinator, 300);
  const { id } = await createRun(coordinator, { corpus, evaluateEvery: 1, earlyStopping: { patience: 100 } });
  const volunteer = new ScriptedVolunteer(origin, own);
  await volunteer.join();
  const toil = volunteer.toil();
  const pathOf = async () => (await get<{ items: PathResource[] }>(`/api/v1/runs/${id}/paths`)).items[0]!;
  await until('a scoring that is no better', async () => ((await pathOf()).kept?.scoringsSince ?? 0) > 0);
  expect(await roundOfExport(id)).not.toBe(`${(await pathOf()).kept!.round}`);
  await coordinator.ask({ method: 'POST', url: `/api/v1/runs/${id}/stop`, headers: asOperator });
  const { kept, round } = await pathOf();
  expect(kept).toMatchObject({ stopped: false });
  expect(round).toBeGreaterThan(kept!.round);
  expect(await roundOfExport(id)).toBe(`${kept!.round}`);
  volunteer.leave();
  await toil;
});
