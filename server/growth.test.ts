import { openSession } from '@pathfold/inference/session';
import type { ModuleResource, PathResource, RouterResource } from '@pathfold/protocol/resources';
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
beforeAll(async () => {
  coordinator = await startTestCoordinator();
}, 60_000);
afterAll(() => coordinator.close());

const listOf = async <T>(url: string): Promise<T[]> =>
  (await coordinator.ask({ url, headers: asOperator })).json<{ items: T[] }>().items;

/** Trains every path once, each to somewhere else. */
async function trainOnce(run: string): Promise<void> {
  const volunteer = new FakeVolunteer(await coordinator.listen());
  await volunteer.join();
  for (let at = 1; at <= 4; at++) {
    const lease = await volunteer.lease();
    const { payload, report } = volunteer.work(lease);
    const moved = Float32Array.from({ length: payload.byteLength / 4 }, (_, i) => 0.01 * Math.sin(at * (i + 1)));
    await volunteer.upload(lease, { payload: new Uint8Array(moved.buffer), report });
  }
  const isTrained = async () =>
    (await listOf<ModuleResource>(`/api/v1/runs/${run}/modules`)).every(({ version }) => version === 1);
  await until('every module to step', isTrained);
  volunteer.leave();
}

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
