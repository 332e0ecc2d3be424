import type { LeaseMessage } from '@pathfold/protocol/down';
import type { ContributionResource, HistoryPoint, ModuleResource, RunResource } from '@pathfold/protocol/resources';
import type { RunSpecInput } from '@pathfold/protocol/run-spec';
import { ScriptedVolunteer } from '@pathfold/volunteer/scripted/volunteer';
import { TrainTask } from '@pathfold/works/train/task';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { asOperator, createRun, startTestCoordinator, type TestCoordinator, until } from './testing/coordinator.ts';

let coordinator: TestCoordinator;
let origin: string;
beforeAll(async () => {
  coordinator = await startTestCoordinator();
  origin = await coordinator.listen();
}, 60_000);
afterAll(() => coordinator.close());

const get = async <T>(url: string) =>
  (await coordinator.ask({ url: `/api/v1/runs/${url}`, headers: asOperator })).json<T>();
const post = (url: string, payload?: object) =>
  coordinator.ask({ method: 'POST', url: `/api/v1/runs/${url}`, headers: asOperator, ...(payload && { payload }) });
const historyOf = async (id: string) => (await get<{ points: HistoryPoint[] }>(`${id}/history`)).points;
const stateOf = (id: string) => coordinator.coordinator.host.state.runs[id]!;
/** With their momenta. */
const factsOf = (id: string) => structuredClone(stateOf(id).facts.modules);
const bytesOf = async ({ blob }: Pick<ModuleResource, 'blob'>) =>
  Buffer.from(await (await fetch(`${origin}/api/v1/blobs/${blob.sha256}`)).arrayBuffer());

async function begin(
  spec: Partial<RunSpecInput> = {},
  count = 1,
): Promise<{ id: string; volunteers: ScriptedVolunteer[] }> {
  const { id } = await createRun(coordinator, { evaluateEvery: 1000, ...spec });
  const volunteers = Array.from({ length: count }, () => new ScriptedVolunteer(origin));
  for (const volunteer of volunteers) await volunteer.join();
  return { id, volunteers };
}

/** Everybody does one lease after the other until the run has come to this round. Nobody holds a lease then. */
async function trainTo(id: string, round: number, volunteers: readonly ScriptedVolunteer[]): Promise<void> {
  const roundNow = async () => (await get<RunResource>(id)).round;
  for (let now = await roundNow(); now < round; now = await roundNow()) {
    const leases: LeaseMessage[] = [];
    for (const volunteer of volunteers) leases.push(await volunteer.lease());
    for (const [i, volunteer] of volunteers.entries()) await volunteer.upload(leases[i]!, volunteer.work(leases[i]!));
    await until(`round ${now + 1}`, async () => (await roundNow()) > now);
  }
}

/** A run deleted leaves the volunteers to the next test. */
async function end(id: string, volunteers: readonly ScriptedVolunteer[]): Promise<void> {
  for (const volunteer of volunteers) volunteer.send({ type: 'away' });
  await coordinator.ask({ method: 'DELETE', url: `/api/v1/runs/${id}`, headers: asOperator });
}

const TWO_PATHS: Partial<RunSpecInput> = { levels: [{ experts: 2, blocks: 1 }], routing: { kind: 'random' } };

test.each<[string, Partial<RunSpecInput>, number]>([
  ['of one path', {}, 1],
  ['of one path, asynchronous', { mode: 'async' }, 1],
  ['of two paths', TWO_PATHS, 2],
  ['of two paths, hybrid', { ...TWO_PATHS, mode: 'hybrid' }, 2],
])(
  'a run %s gets the modules of an earlier round back, bit for bit, and trains on from there',
  async (_of, spec, count) => {
    const { id, volunteers } = await begin(spec, count);
    await trainTo(id, 1, volunteers);
    // Where modules step at arrivals, some may have moved on since.
    const facts = structuredClone(stateOf(id).checkpoints![1]!.modules);
    const bytes = await Promise.all(Object.values(facts).map(bytesOf));
    await trainTo(id, 3, volunteers);
    const tokens = (await get<RunResource>(id)).tokens;
    await post(`${id}/pause`);
    const answer = (await post(`${id}/rollback`, { round: 1 })).json<RunResource>();
    expect(answer).toMatchObject({ state: 'paused', round: 1, keptRounds: [0, 1], rollbacks: 1 });
    expect(answer.reason).toBe('Taken back to round 1 by the operator. Resume the run to train from there.');
    expect(answer.tokens).toBeLessThan(tokens);
    expect(factsOf(id)).toEqual(facts);
    const { items } = await get<{ items: ModuleResource[] }>(`${id}/modules`);
    expect(items.map(({ version }) => version)).toEqual(Object.values(facts).map(({ version }) => version));
    expect(await Promise.all(items.map(bytesOf))).toEqual(bytes);

    await post(`${id}/resume`);
    const lease = await volunteers[0]!.lease();
    const task = TrainTask.parse(lease.body);
    expect(task.rollbacks).toBe(1);
    for (const { name, sha256 } of task.modules) expect(sha256).toBe(facts[name]!.blob.sha256);
    volunteers[0]!.send({ type: 'release', lease: lease.lease, code: 'user', detail: '' });
    await trainTo(id, 3, volunteers);
    expect(await get<RunResource>(id)).toMatchObject({ round: 3, keptRounds: [0, 1, 2, 3] });
    await end(id, volunteers);
  },
  60_000,
);

test('momenta come back too: equal contributions give the bytes that were there before', async () => {
  const { id, volunteers } = await begin();
  await trainTo(id, 3, volunteers);
  const before = factsOf(id);
  await post(`${id}/pause`);
  await post(`${id}/rollback`, { round: 1 });
  await post(`${id}/resume`);
  await trainTo(id, 3, volunteers);
  const blobs = (modules: typeof before) => Object.values(modules).map(({ blob, state }) => [blob, state]);
  expect(blobs(factsOf(id))).toEqual(blobs(before));
  await end(id, volunteers);
});

test('the history ends at the round, and goes on from there', async () => {
  const { id, volunteers } = await begin();
  await trainTo(id, 3, volunteers);
  const before = await historyOf(id);
  expect(before.map(({ round }) => round)).toEqual([1, 2, 3]);
  await post(`${id}/pause`);
  await post(`${id}/rollback`, { round: 2 });
  expect(await historyOf(id)).toEqual(before.slice(0, 2));
  const run = await get<RunResource>(id);
  expect([run.tokens, run.trainLoss]).toEqual([before[1]!.tokens, before[1]!.trainLoss]);
  await post(`${id}/resume`);
  await trainTo(id, 3, volunteers);
  const again = await historyOf(id);
  expect(again.map(({ round }) => round)).toEqual([1, 2, 3]);
  expect(again[2]!.time).not.toBe(before[2]!.time);
  expect(again[2]!.tokens).toBe(before[2]!.tokens);
  await end(id, volunteers);
});

test('U8: who gave work that is not folded yet is told why it will never be, and keeps the credit', async () => {
  const { id, volunteers } = await begin({ replicas: 2, quorum: 2 }, 2);
  const [a, b] = volunteers as [ScriptedVolunteer, ScriptedVolunteer];
  const [given, held] = [await a.lease(), await b.lease()];
  await a.upload(given, a.work(given));
  const settled = async () => (await a.next('settled')) as { state: string; code: string | null; credit: number };
  for (let said = await settled(); said.state !== 'checked'; said = await settled());
  await post(`${id}/pause`);
  expect(await b.next('revoke')).toMatchObject({ lease: held.lease, code: 'run_paused' });
  expect((await post(`${id}/rollback`, { round: 0 })).json()).toMatchObject({ round: 0 });
  expect(await settled()).toMatchObject({ state: 'checked', code: 'rolled_back', credit: 128 });
  const { items } = await get<{ items: ContributionResource[] }>(`${id}/contributions`);
  expect(items).toMatchObject([
    { lease: given.lease, state: 'checked', reason: expect.stringMatching(/^rolled_back: The operator.*credit/) },
  ]);
  expect((await b.upload(held, b.work(held))).status).toBe(410);
  await end(id, volunteers);
});

test('a restart knows the run as it was taken back, and the rounds that are kept', async () => {
  const { id, volunteers } = await begin();
  await trainTo(id, 3, volunteers);
  await post(`${id}/pause`);
  await post(`${id}/rollback`, { round: 2 });
  const [facts, history] = [factsOf(id), await historyOf(id)];
  await coordinator.restart();
  origin = await coordinator.listen();
  expect(factsOf(id)).toEqual(facts);
  expect(await historyOf(id)).toEqual(history);
  expect(await get<RunResource>(id)).toMatchObject({ state: 'paused', round: 2, keptRounds: [0, 1, 2], rollbacks: 1 });
  expect((await post(`${id}/rollback`, { round: 1 })).json()).toMatchObject({ round: 1, rollbacks: 2 });
  await post(`${id}/resume`);
  const again = new ScriptedVolunteer(origin);
  await again.join();
  await trainTo(id, 2, [again]);
  await end(id, [again]);
});

test('the sweep keeps the blobs of kept rounds, and lets those go that fell out or were undone', async () => {
  const { id, volunteers } = await begin();
  const { blobs, sweep } = coordinator.coordinator;
  const ofRound = new Map<number, string[]>();
  for (let round = 1; round <= 9; round++) {
    await trainTo(id, round, volunteers);
    const named = Object.values(factsOf(id)).flatMap(({ blob, state }) => [blob.sha256, state!.sha256]);
    ofRound.set(round, named);
  }
  /** The rounds of which every blob is there after two sweeps; of the others none is. */
  const there = async () => {
    for (let i = 0; i < 2; i++) await sweep.run(Date.now() + 60_000);
    const rounds: number[] = [];
    for (const [round, named] of ofRound) {
      const sizes = await Promise.all(named.map((sha256) => blobs.size(sha256)));
      const present = sizes.filter((size) => size !== null).length;
      expect([0, named.length]).toContain(present);
      if (present > 0) rounds.push(round);
    }
    return rounds;
  };
  expect((await get<RunResource>(id)).keptRounds).toEqual([0, 4, 6, 7, 8, 9]);
  expect(await there()).toEqual([4, 6, 7, 8, 9]);
  await post(`${id}/pause`);
  await post(`${id}/rollback`, { round: 6 });
  expect(await there()).toEqual([4, 6]);
  await end(id, volunteers);
});

test('what cannot be done is refused with a reason, and changes nothing', async () => {
  const { id, volunteers } = await begin();
  await trainTo(id, 2, volunteers);
  const refused = async (round: unknown, run = id) => {
    const answer = await post(`${run}/rollback`, { round });
    return [answer.statusCode, answer.json().code, answer.json().detail];
  };
  expect(await refused(1)).toEqual([409, 'wrong_state', 'The run is training: pause it first.']);
  await post(`${id}/pause`);
  expect(await refused(3)).toEqual([
    404,
    'round_not_kept',
    'Round 3 is not kept. The run can be taken back to 0, 1, 2.',
  ]);
  for (const round of [-1, 1.5, '1', null]) expect((await refused(round)).slice(0, 2)).toEqual([400, 'bad_request']);
  expect((await post(`${id}/rollback`, { round: 1, force: true })).json().code).toBe('bad_request');
  expect((await refused(1, 'none')).slice(0, 2)).toEqual([404, 'not_found']);
  const stranger = await coordinator.ask({ method: 'POST', url: `/api/v1/runs/${id}/rollback`, payload: { round: 1 } });
  expect(stranger.json().code).toBe('unauthorized');
  const study = { name: 'e', study: 'baldwin', config: { arms: [{ name: 'b', method: 'baldwin' }] } };
  const made = (
    await coordinator.ask({ method: 'POST', url: '/api/v1/runs', headers: asOperator, payload: study })
  ).json();
  await post(`${made.id}/pause`);
  expect(await refused(0, made.id)).toEqual([
    409,
    'wrong_state',
    'The run is a study: it has no rounds to go back to.',
  ]);
  expect((await get<RunResource>(id)).round).toBe(2);
  await end(id, volunteers);
});
