import type { RunResource } from '@pathfold/protocol/resources';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { asOperator, startTestCoordinator, type TestCoordinator } from '../testing/coordinator.ts';

let coordinator: TestCoordinator;
beforeAll(async () => {
  coordinator = await startTestCoordinator();
}, 240_000);
afterAll(() => coordinator.close());

const arms = [{ name: 'baldwin', method: 'baldwin', generations: 2 }];
const post = (payload: object) =>
  coordinator.ask({ method: 'POST', url: '/api/v1/runs', headers: asOperator, payload });

test('S1: a run may be a study: its own kinds work in it, it outlives a restart, and its charts are public', async () => {
  const created = await post({ name: 'evolution', study: 'baldwin', config: { arms, population: 8 }, seed: 3 });
  expect(created.statusCode, created.body).toBe(201);
  const { id, study, state } = created.json<RunResource>();
  expect({ study, state }).toEqual({ study: 'baldwin', state: 'training' });
  const before = coordinator.coordinator.host.state.runs[id]!;
  expect(before.kinds).toHaveLength(1);
  expect(before.facts.study).toMatchObject({ name: 'baldwin', config: { population: 8, quorum: 0.9 } });
  await coordinator.restart();
  expect(coordinator.coordinator.host.state.runs[id]!.facts).toEqual(before.facts);
  const charts = await coordinator.ask({ url: `/api/v1/runs/${id}/charts` });
  expect(charts.json()).toMatchObject({ charts: [{ x: 'lessons', lines: [] }, { x: 'operations' }] });
  const answer = await coordinator.ask({ url: `/api/v1/runs/${id}` });
  expect(answer.body).not.toContain('auditSeed');
  const scored = await coordinator.ask({ method: 'POST', url: `/api/v1/runs/${id}/evaluate`, headers: asOperator });
  expect(scored.statusCode).toBe(409);
});

test('a study that is not offered, or a configuration that does not fit, is refused by name', async () => {
  const unknown = await post({ study: 'alchemy' });
  expect(unknown.json()).toMatchObject({
    code: 'bad_run_spec',
    detail: expect.stringContaining('baldwin, what-and-how'),
  });
  const wrong = await post({ study: 'baldwin', config: { arms, population: 3 } });
  expect(wrong.json()).toMatchObject({ code: 'bad_run_spec', detail: expect.stringContaining('config.population') });
  const extra = await post({ study: 'baldwin', config: { arms }, corpus: 'words' });
  expect(extra.statusCode).toBe(400);
});
