import type { RunResource } from '@pathfold/protocol/resources';
import { ScriptedVolunteer } from '@pathfold/volunteer/scripted/volunteer';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { asOperator, createRun, startTestCoordinator, type TestCoordinator, until } from './testing/coordinator.ts';

/** Whether folds fail as on a machine whose disk is full. */
const machine = vi.hoisted(() => ({ fails: false }));
vi.mock('./executors/executors.ts', async (load) => {
  const { openExecutors } = await load<typeof import('./executors/executors.ts')>();
  const failing: typeof openExecutors = (options) => {
    const executors = openExecutors(options);
    const fold: typeof executors.fold = async (kind, input) => {
      if (machine.fails) throw new Error('ENOSPC: no space left on device');
      return executors.fold(kind, input);
    };
    return { ...executors, fold };
  };
  return { openExecutors: failing };
});

let coordinator: TestCoordinator;
const volunteer = new ScriptedVolunteer('');
beforeAll(async () => {
  coordinator = await startTestCoordinator({ trustedVolunteers: [volunteer.id] });
}, 60_000);
afterAll(() => coordinator.close());

const look = async (id: string) =>
  (await coordinator.ask({ url: `/api/v1/runs/${id}`, headers: asOperator })).json<RunResource>();
const order = (id: string, verb: string) =>
  coordinator.ask({ method: 'POST', url: `/api/v1/runs/${id}/${verb}`, headers: asOperator });
const told = (id: string, state: string, todo: string) =>
  until(`a ${state} run that tells of its fold`, async () => {
    const run = await look(id);
    return run.state === state && run.reason?.startsWith('The fold ') && run.reason.includes(todo);
  });
const scored = (id: string) =>
  until('the score', async () => {
    const { scoredRound, state, reason } = await look(id);
    return scoredRound !== null && { state, reason };
  });

/** A run whose scores a volunteer hands in to a machine that fails: it is stopped before that, or paused and then stopped. */
async function failed(first: 'stop' | 'pause'): Promise<string> {
  const { id } = await createRun(coordinator);
  await order(id, first);
  await order(id, 'evaluate');
  const worker = new ScriptedVolunteer(await coordinator.listen(), volunteer);
  await worker.join();
  machine.fails = true;
  const lease = await worker.lease();
  expect(lease.kind).toBe('evaluate');
  await worker.upload(lease, worker.work(lease));
  if (first === 'pause') {
    await told(id, 'paused', 'Resume the run to try again.');
    await order(id, 'stop');
  }
  await told(id, 'finished', 'The next start of the coordinator tries again');
  worker.leave();
  machine.fails = false;
  return id;
}

test('a finished run tells that its scores could not be folded; the next start folds them, or who asks again', async () => {
  const folded = { state: 'finished', reason: 'Stopped by the operator.' };
  const first = await failed('stop');
  await coordinator.restart();
  expect(await scored(first)).toEqual(folded);
  const second = await failed('pause');
  await order(second, 'evaluate');
  expect(await scored(second)).toEqual(folded);
});
