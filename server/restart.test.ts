import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ModuleResource, RunResource, VolunteerResource } from '@pathfold/protocol/resources';
import { ScriptedVolunteer } from '@pathfold/volunteer/scripted/volunteer';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openDatabase } from './store/database.ts';
import { someText, TINY, until } from './testing/coordinator.ts';
import { CoordinatorProcess } from './testing/process.ts';

let coordinator: CoordinatorProcess;
beforeAll(async () => {
  coordinator = await CoordinatorProcess.create();
  await coordinator.start();
}, 100_000);
afterAll(() => coordinator.dispose());

async function createRun(): Promise<string> {
  const type = 'application/x-ndjson';
  const corpus = await coordinator.api<{ id: string }>('/corpora?name=w', { method: 'POST', body: someText(60), type });
  const body = { ...TINY, corpus: corpus.id, replicas: 2, evaluateEvery: 1000 };
  const { id } = await coordinator.api<RunResource>('/runs', { method: 'POST', body });
  await until('the run to train', async () => (await coordinator.api<RunResource>(`/runs/${id}`)).state === 'training');
  return id;
}

/** The embedding's first value at its newest version: every fake outer gradient moves all values alike. */
async function firstValue(run: string): Promise<{ version: number; value: number }> {
  const { items } = await coordinator.api<{ items: ModuleResource[] }>(`/runs/${run}/modules`);
  const { version, blob } = items.find(({ name }) => name === 'embedding')!;
  const bytes = await (await fetch(`${coordinator.origin}/api/v1/blobs/${blob.sha256}`)).arrayBuffer();
  return { version, value: new Float32Array(bytes)[0]! };
}
const atVersion = (run: string, version: number) =>
  until(`version ${version}`, async () => {
    const now = await firstValue(run);
    return now.version >= version && now;
  });
const creditOf = async (one: ScriptedVolunteer) =>
  (await coordinator.api<VolunteerResource>(`/volunteers/${one.id}`)).credit;

test('a round survives kill -9 in its middle: momenta, credit, leases and uploads go on', async () => {
  const run = await createRun();
  const [a, b] = [new ScriptedVolunteer(coordinator.origin), new ScriptedVolunteer(coordinator.origin)];
  await Promise.all([a.join(), b.join()]);
  const start = await firstValue(run);
  const round1 = await Promise.all([a.lease(), b.lease()]);
  await Promise.all([a.upload(round1[0], a.work(round1[0])), b.upload(round1[1], b.work(round1[1]))]);
  const after1 = await atVersion(run, 1);

  const round2 = await Promise.all([a.lease(), b.lease()]);
  expect((await a.upload(round2[0], a.work(round2[0]))).status).toBe(201);
  await a.next('settled');
  const credit = await until('the credit', async () => {
    const now = await creditOf(a);
    return now > 128 && now;
  });
  await coordinator.end('SIGKILL');
  await Promise.all([a.closing(), b.closing()]);
  await coordinator.start();

  expect(await creditOf(a)).toBe(credit);
  expect(await firstValue(run)).toEqual(after1);
  const welcome = await b.join();
  expect(welcome.leases).toEqual([round2[1].lease]);
  await a.join();
  expect((await b.upload(round2[1], b.work(round2[1]))).status).toBe(201);
  const after2 = await atVersion(run, 2);
  // U5, of work that was accepted before the restart.
  await until('word of the fold', () =>
    a.heard.some((said) => said.type === 'settled' && said.state === 'folded' && said.lease === round2[0].lease),
  );
  // Nesterov with a constant outer gradient: the second step is 2.71 / 1.9 of the first only if the momenta lived on.
  const ratio = (after2.value - after1.value) / (after1.value - start.value);
  expect(ratio).toBeCloseTo(2.71 / 1.9, 3);

  expect(await coordinator.end('SIGTERM')).toBe(0);
  await coordinator.start();
  expect(await firstValue(run)).toEqual(after2);
  expect(await creditOf(a)).toBe(credit);
  await Promise.all([a.join(), b.join()]);
  const round3 = await Promise.all([a.lease(), b.lease()]);
  await Promise.all([a.upload(round3[0], a.work(round3[0])), b.upload(round3[1], b.work(round3[1]))]);
  await atVersion(run, 3);
}, 150_000);

test('a second coordinator on the folder, and one on the port, end with a sentence', async () => {
  const sameFolder = await CoordinatorProcess.create(coordinator.folder);
  const samePort = await CoordinatorProcess.create(undefined, coordinator.port);
  const [folder, port] = await Promise.allSettled([sameFolder.start(), samePort.start()]);
  expect(folder).toMatchObject({ reason: { message: expect.stringMatching(/^1: The data folder .* is in use by/) } });
  expect(port).toMatchObject({ reason: { message: expect.stringMatching(/^1: Port \d+ is in use/) } });
  await samePort.dispose();
  expect((await fetch(`${coordinator.origin}/healthz`)).status).toBe(200);
}, 100_000);

test('a database whose list of events is damaged ends the start with what, why and what to do', async () => {
  const damaged = await CoordinatorProcess.create();
  const { db, close } = await openDatabase({ dataDir: damaged.folder, databaseUrl: null });
  const { rows } = await sql<{ path: string }>`select pg_relation_filepath('events') as path`.execute(db);
  await close();
  await writeFile(join(damaged.folder, 'database', rows[0]!.path), new Uint8Array(8192).fill(90));
  const said = await damaged.start().catch((error: Error) => error.message);
  await damaged.dispose();
  expect(said).toMatch(/^1: The database in .*database cannot be opened: invalid page .*\nNothing was deleted\. .*\n$/);
}, 60_000);

test('a coordinator stops by itself when the process that started it is gone', async () => {
  expect(await coordinator.abandon()).toBe(0);
}, 30_000);
