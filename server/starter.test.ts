import type { RunResource } from '@pathfold/protocol/resources';
import { afterEach, expect, test } from 'vitest';
import { asOperator, startTestCoordinator, type TestCoordinator, until } from './testing/coordinator.ts';

let coordinator: TestCoordinator;
afterEach(() => coordinator.close());

const isReady = async () => (await coordinator.ask({ url: '/readyz' })).statusCode === 200;
const runs = async () => (await coordinator.ask({ url: '/api/v1/runs' })).json<{ items: RunResource[] }>().items;
const complete = (model: string) =>
  coordinator.ask({
    ...{ method: 'POST', url: '/v1/completions' },
    payload: { model, prompt: 'The whale', max_tokens: 24, temperature: 0 },
  });

test('a fresh coordinator is ready when its four paths answer in words, also after starts that were broken off', async () => {
  coordinator = await startTestCoordinator({ packagedCorpus: true, starter: true });
  expect(await isReady()).toBe(false);
  expect((await complete('starter')).statusCode).not.toBe(200);
  await coordinator.restart();
  expect(await isReady()).toBe(false);

  await until('readiness', isReady);
  const [run, ...others] = await runs();
  expect([run!.name, run!.pathCount, run!.round, run!.baseRun, others]).toEqual(['starter', 4, 0, null, []]);
  const answer = await complete('starter');
  expect([answer.statusCode, answer.headers['x-pathfold-path']]).toEqual([200, '0-0']);
  const { text } = answer.json().choices[0];
  expect(text).toMatch(/^( [a-z]+){3}/);
  expect((await complete(run!.id)).json().choices[0].text).toBe(text);

  await coordinator.restart();
  expect(await isReady()).toBe(true);
  expect((await runs()).map(({ id }) => id)).toEqual([run!.id]);
  expect((await complete('starter')).json().choices[0].text).toBe(text);

  await coordinator.ask({ method: 'DELETE', url: `/api/v1/runs/${run!.id}`, headers: asOperator });
  await coordinator.restart();
  expect([await isReady(), await runs()]).toEqual([true, []]);
});

test('without a starter run a coordinator is ready at once, and has the packaged corpus', async () => {
  coordinator = await startTestCoordinator({ packagedCorpus: true });
  expect([await isReady(), await runs()]).toEqual([true, []]);
  const { items } = (await coordinator.ask({ url: '/api/v1/corpora' })).json();
  expect(items.map(({ id }: { id: string }) => id)).toEqual(['starter']);
});
