import type { LeaseMessage } from '@pathfold/protocol/down';
import type {
  ContributionResource,
  EvaluationAnswer,
  RunResource,
  VolunteerResource,
} from '@pathfold/protocol/resources';
import { ScriptedVolunteer } from '@pathfold/volunteer/scripted/volunteer.fixture';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type * as z from 'zod/mini';
import { asOperator, createRun, startTestCoordinator, type TestCoordinator, until } from './testing/coordinator.ts';

let coordinator: TestCoordinator;
let origin: string;
/** The operator's own machine. */
let own: ScriptedVolunteer;
beforeAll(async () => {
  own = new ScriptedVolunteer('');
  coordinator = await startTestCoordinator({ trustProxy: true, trustedVolunteers: [own.id] });
  origin = await coordinator.listen();
}, 60_000);
afterAll(() => coordinator.close());

const get = async <T>(url: string) => (await coordinator.ask({ url, headers: asOperator })).json<T>();

async function volunteerAt(address: string): Promise<ScriptedVolunteer> {
  const volunteer = new ScriptedVolunteer(origin);
  await volunteer.join(`${volunteer.id}`, { 'x-forwarded-for': address });
  return volunteer;
}

/** Hands in scores of so many nats. */
async function score(volunteer: ScriptedVolunteer, lease: LeaseMessage, nats: number): Promise<void> {
  expect(lease.kind).toBe('evaluate');
  await volunteer.upload(lease, volunteer.work(lease, nats));
}

test("what the operator's own machine says is confirmed by itself; a neighbour of it who says otherwise is a liar", async () => {
  const machine = new ScriptedVolunteer(origin, own);
  const liar = await volunteerAt('203.0.113.9');
  await machine.join('own', { 'x-forwarded-for': '203.0.113.9' });
  const { id } = await createRun(coordinator, { replicas: 1 });
  const order = (verb: string) =>
    coordinator.ask({ method: 'POST', url: `/api/v1/runs/${id}/${verb}`, headers: asOperator });
  const confirmed = async (nats: number) => {
    const run = await get<RunResource>(`/api/v1/runs/${id}`);
    return run.scoreConfirmed && Math.abs(run.validLoss! - nats / 100) < 1e-6;
  };
  await order('pause');
  await order('evaluate');
  await score(machine, await machine.lease(), 300);
  await until('the score of the own machine alone', () => confirmed(300));
  await order('evaluate');
  await score(liar, await liar.lease(), 100);
  await score(machine, await machine.lease(), 290);
  await until('the score of the own machine against another', () => confirmed(290));
  expect((await get<VolunteerResource>(`/api/v1/volunteers/${liar.id}`)).credit).toBe(0);
  for (const each of [machine, liar]) each.leave();
});

test('U7: a score that was asked for is confirmed from another network; who two contradict loses credit and scores no more', async () => {
  const { id } = await createRun(coordinator, { replicas: 1 });
  const order = (verb: string) =>
    coordinator.ask({ method: 'POST', url: `/api/v1/runs/${id}/${verb}`, headers: asOperator });
  await order('pause');
  await order('evaluate');
  const [one, liar, third] = await Promise.all(['203.0.113.1', '203.0.113.2', '203.0.113.3'].map(volunteerAt));
  const neighbour = await volunteerAt('203.0.113.1');
  const leases = [await one!.lease(), await liar!.lease()] as const;
  for (const waiting of [neighbour, third!]) {
    waiting.ready();
    await waiting.next('idle');
  }
  await score(one!, leases[0], 200);
  await score(liar!, leases[1], 100);
  await score(third!, await third!.next('lease'), 200.1);
  const { evaluation } = await until('the evaluation', async () => {
    const answer = await get<z.infer<typeof EvaluationAnswer>>(`/api/v1/runs/${id}/evaluation`);
    return answer.evaluation && answer;
  });
  expect(evaluation).toMatchObject({ confirmed: true, validLoss: 2 });
  const scored = await until('the score in the list of runs', async () => {
    const run = await get<RunResource>(`/api/v1/runs/${id}`);
    return run.scoredRound !== null && run;
  });
  expect(scored).toMatchObject({ scoredRound: 0, scoreConfirmed: true });
  const { items } = await get<{ items: ContributionResource[] }>(`/api/v1/volunteers/${liar!.id}/contributions`);
  expect(items).toMatchObject([{ kind: 'evaluate', state: 'rejected', reason: expect.stringMatching(/^refuted: /) }]);
  expect((await get<VolunteerResource>(`/api/v1/volunteers/${liar!.id}`)).credit).toBe(0);
  await order('evaluate');
  expect((await neighbour.next('lease')).kind).toBe('evaluate');
  liar!.heard.length = 0;
  liar!.ready();
  await liar!.next('idle');
  expect(liar!.heard.filter(({ type }) => type === 'lease')).toEqual([]);
  for (const each of [one!, liar!, third!, neighbour]) each.leave();
});
