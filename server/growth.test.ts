import { openSession } from '@pathfold/inference/session';
import type { ModuleResource, PathResource, RouterResource } from '@pathfold/protocol/resources';
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
let origin: string;
beforeAll(async () => {
  coordinator = await startTestCoordinator();
  origin = await coordinator.listen();
}, 60_000);
afterAll(() => coordinator.close());

const listOf = async <T>(url: string): Promise<T[]> =>
  (await coordinator.ask({ url, headers: asOperator })).json<{ items: T[] }>().items;

/** Trains every path once, each to somewhere else, so that all modules have this version. */
async function trainOnce(run: string, version = 1, paths = 4): Promise<void> {
  const volunteer = new ScriptedVolunteer(origin);
  await volunteer.join();
  for (let at = 1; at <= paths; at++) {
    const lease = await volunteer.lease();
    const { payload, report } = volunteer.work(lease);
    const moved = Float32Array.from({ length: payload.byteLength / 4 }, (_, i) => 0.01 * Math.sin(at * (i + 1)));
    await volunteer.upload(lease, { payload: new Uint8Array(moved.buffer), report });
  }
  const isTrained = async () =>
    (await listOf<ModuleResource>(`/api/v1/runs/${run}/modules`)).every((module) => module.version === version);
  await until('every module to step', isTrained);
  volunteer.leave();
}

/** Its work goes to nobody: volunteers of the next test are for the next run. */
const pause = (run: string) =>
  coordinator.ask({ method: 'POST', url: `/api/v1/runs/${run}/pause`, headers: asOperator });

/** Logits of some text by the graph that the run exports for a path. */
async function logitsOf(run: string, path: string): Promise<Float32Array> {
  const answer = await coordinator.ask({ url: `/api/v1/runs/${run}/export/${path}.onnx`, headers: asOperator });
  const session = await openSession(answer.rawPayload);
  const { logits_TV } = await session.run([0, 7, 299, 42, 42, 130, 8], session.start);
  await session.release();
  return logits_TV;
}

test('a trained run that grows leaves the logits of all other paths as they were, bit for bit, and the new paths begin with those of their origins', async () => {
  const { id } = await createRun(coordinator, {
    corpus: await uploadCorpus(coordinator, 120),
    model: { width: 8, blocks: 2, heads: 1, context: 16, vocabulary: 300 },
    levels: [2, 2].map((experts) => ({ experts, blocks: 1 })),
    routing: { kind: 'random' },
    evaluateEvery: 1000,
  });
  const shards = () => listOf<RouterResource>(`/api/v1/runs/${id}/router`);
  await until('shards', async () => (await shards()).length === 4);
  await trainOnce(id);
  const pathsOf = async () => (await listOf<PathResource>(`/api/v1/runs/${id}/paths`)).map((path) => path.id);
  const before = new Map<string, Float32Array>();
  for (const path of await pathsOf()) before.set(path, await logitsOf(id, path));
  expect(new Set([...before.values()].map((logits) => logits.join())).size).toBe(4);

  const payload = { level: 1, expert: 0 };
  const grown = await coordinator.ask({ method: 'POST', url: `/api/v1/runs/${id}/grow`, headers: asOperator, payload });
  expect(grown.statusCode).toBe(200);
  await until('growth', async () => (await pathsOf()).length === 6);

  for (const [path, logits] of before) expect(await logitsOf(id, path)).toEqual(logits);
  for (const [path, origin] of [
    ['0-2', '0-0'],
    ['1-2', '1-0'],
  ] as const)
    expect(await logitsOf(id, path)).toEqual(before.get(origin));
  expect((await shards()).map(({ kind, version, grown }) => ({ kind, version, grown }))).toEqual(
    Array.from({ length: 6 }, () => ({ kind: 'random', version: 2, grown: true })),
  );
  await pause(id);
});

test('a run with private modules trains, folds and routes them; a new path gets copies of its own, and trains on', async () => {
  const { id } = await createRun(coordinator, {
    corpus: await uploadCorpus(coordinator, 120),
    model: { width: 8, blocks: 2, heads: 1, context: 16, vocabulary: 300 },
    levels: [
      { experts: 2, blocks: 1 },
      { experts: 'path', blocks: 1 },
    ],
    routing: { kind: 'random' },
    evaluateEvery: 1000,
  });
  const shards = () => listOf<RouterResource>(`/api/v1/runs/${id}/router`);
  const modules = () => listOf<ModuleResource>(`/api/v1/runs/${id}/modules`);
  await until('shards', async () => (await shards()).length === 2);
  await trainOnce(id, 1, 2);
  const names = async () => (await modules()).map(({ name }) => name).toSorted();
  expect(await names()).toEqual(['embedding', 'head', 'level0.0', 'level0.1', 'level1.0', 'level1.1']);
  const [first, second] = [await logitsOf(id, '0-0'), await logitsOf(id, '1-1')];
  expect(first).not.toEqual(second);

  const payload = { level: 0, expert: 1 };
  await coordinator.ask({ method: 'POST', url: `/api/v1/runs/${id}/grow`, headers: asOperator, payload });
  await until('growth', async () => (await shards()).length === 3);
  expect([await logitsOf(id, '0-0'), await logitsOf(id, '1-1'), await logitsOf(id, '2-2')]).toEqual([
    first,
    second,
    second,
  ]);
  await trainOnce(id, 2, 3);
  expect(await names()).toContain('level1.2');
  const logits = await Promise.all(['0-0', '1-1', '2-2'].map((path) => logitsOf(id, path)));
  expect(new Set([first, second, ...logits].map((one) => one.join())).size).toBe(5);
  await pause(id);
});

test('a run whose paths have taken all their steps refuses copies of them, which nobody would train', async () => {
  const { id } = await createRun(coordinator, {
    levels: [{ experts: 2, blocks: 1 }],
    routing: { kind: 'random' },
    totalSteps: 4,
  });
  await until('shards', async () => (await listOf<RouterResource>(`/api/v1/runs/${id}/router`)).length === 2);
  await trainOnce(id, 1, 2);
  const payload = { level: 0, expert: 0 };
  const refused = await coordinator.ask({
    method: 'POST',
    url: `/api/v1/runs/${id}/grow`,
    headers: asOperator,
    payload,
  });
  expect(refused.statusCode).toBe(409);
  expect(refused.json<{ detail: string }>().detail).toContain('have taken all their 4 steps');
});

test('a paused run grows when it goes on; a finished one refuses and says what to do', async () => {
  const { id } = await createRun(coordinator, { levels: [{ experts: 2, blocks: 1 }], routing: { kind: 'random' } });
  const paths = async () => (await listOf<PathResource>(`/api/v1/runs/${id}/paths`)).length;
  const shards = () => listOf<RouterResource>(`/api/v1/runs/${id}/router`);
  await until('shards', async () => (await shards()).length === 2);
  const order = (verb: string, payload?: object) =>
    coordinator.ask({
      method: 'POST',
      url: `/api/v1/runs/${id}/${verb}`,
      headers: asOperator,
      ...(payload && { payload }),
    });
  const grow = () => order('grow', { level: 0, expert: 0 });
  await order('pause');
  expect((await grow()).statusCode).toBe(200);
  expect((await grow()).json<{ detail: string }>().detail).toContain('growing');
  expect(await paths()).toBe(2);
  await order('resume');
  await until('growth', async () => (await paths()) === 3);
  await order('stop');
  const refused = await grow();
  expect(refused.statusCode).toBe(409);
  expect(refused.json<{ detail: string }>().detail).toContain('Take it back to an earlier round');
});
