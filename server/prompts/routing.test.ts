import { readTokenizer } from '@pathfold/corpora/tokenizer';
import { openFeatures } from '@pathfold/inference/session';
import type { Router } from '@pathfold/routing/assign/router';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { briefPlan } from '../works.ts';
import { createNetwork, type Network } from './network.ts';
import { promptServer } from './server.fixture.ts';

const PROMPTS = ['The whale swam', 'the sea', 'sailors sang of', ''];
const SPEC = {
  levels: [
    { experts: 2, blocks: 1 },
    { experts: 2, blocks: 1 },
  ],
  base: { run: 'b1' },
};

let server: Awaited<ReturnType<typeof promptServer>>;
let base: typeof server.run.base;
let router: Router;
// Starts the worker's thread too.
beforeAll(async () => {
  server = await promptServer(SPEC);
  base = server.run.base;
  router = await nearestPrompt();
}, 60_000);
afterAll(() => server.app.close());
beforeEach(() => {
  Object.assign(server.run, { base, router: null });
});

const get = (file: string) => server.app.inject(`/api/v1/runs/r1/export/${file}`);
const complete = (prompt: string | number[]) =>
  server.app.inject({ method: 'POST', url: '/v1/completions', payload: { model: 'r1', prompt, max_tokens: 1 } });

const common = () => ({ version: 1, paths: [...server.run.paths], prefixBytes: 128, prefixTokens: 32 });
const publishRouter = async (router: Router) => {
  server.run.router = await server.blobs.put(new TextEncoder().encode(JSON.stringify(router)));
};

/** A router whose centroids are the features of the prompts themselves, by the exported graph. */
const nearestPrompt = async (): Promise<Router> => {
  const session = await openFeatures((await get('base-features.onnx')).rawPayload);
  const tokenizer = readTokenizer(server.tokenizerJson);
  const features: number[][] = [];
  for (const prompt of PROMPTS) {
    const ids = tokenizer.encode(prompt);
    features.push(ids.length > 0 ? [...(await session.feature(ids))] : new Array(32).fill(0));
  }
  await session.release();
  return {
    ...common(),
    kind: 'kmeans',
    base: server.run.base!.map(({ sha256 }) => sha256),
    mean: new Array(32).fill(0),
    scale: new Array(32).fill(1),
    centroids: [features],
    biases: [0, 0, 0, 0],
  };
};

test('each prompt is answered by its own path, named in a header', async () => {
  await publishRouter(router);
  for (const [i, prompt] of PROMPTS.entries()) {
    const response = await complete(prompt);
    expect([response.statusCode, response.headers['x-pathfold-path']]).toEqual([200, server.run.paths[i]]);
  }
  const ids = readTokenizer(server.tokenizerJson).encode(PROMPTS[2]!);
  expect((await complete(ids)).headers['x-pathfold-path']).toBe('1-0');
});

test('who asks is told which path came second, whole and in a stream', async () => {
  // The third path is favoured so much that it wins everything, the second that it always comes second.
  await publishRouter({ ...router, biases: [0, 1e6, 2e6, 0] } as Router);
  const ask = (more: object) =>
    server.app.inject({
      ...{ method: 'POST', url: '/v1/completions' },
      payload: { model: 'r1', prompt: PROMPTS[0], max_tokens: 1, pathfold: {}, ...more },
    });
  expect((await ask({})).json().pathfold).toMatchObject({ path: '1-0', runner_up: '0-1' });
  const [first] = (await ask({ stream: true })).body.split('\n\n');
  expect(JSON.parse(first!.slice('data: '.length)).pathfold).toEqual({ path: '1-0', runner_up: '0-1' });
});

test('prompts that come together each have their own path', async () => {
  await publishRouter(router);
  const answers = await Promise.all([complete(PROMPTS[0]!), complete(PROMPTS[1]!)]);
  expect(answers.map(({ headers }) => headers['x-pathfold-path'])).toEqual(['0-0', '0-1']);
});

test('a newer router answers from then on; router.json is what the run has', async () => {
  await publishRouter(router);
  expect((await get('router.json')).json()).toEqual(router);
  expect((await complete(PROMPTS[0]!)).headers['x-pathfold-path']).toBe('0-0');
  await publishRouter({ ...router, version: 2, biases: [0, 0, 0, 1e6] } as Router);
  expect((await get('router.json')).json().version).toBe(2);
  expect((await complete(PROMPTS[0]!)).headers['x-pathfold-path']).toBe('1-1');
});

test('random routing needs no base', async () => {
  server.run.base = null;
  await publishRouter({ ...common(), kind: 'random', seed: 3 });
  const paths = await Promise.all(PROMPTS.map(async (prompt) => (await complete(prompt)).headers['x-pathfold-path']));
  expect(new Set(paths).size).toBeGreaterThan(1);
  expect((await get('base-features.onnx')).statusCode).toBe(404);
});

test('before documents are routed the first path answers, the base still; without a base nothing does', async () => {
  const rerouted = await server.app.inject({
    ...{ method: 'POST', url: '/v1/completions' },
    payload: { model: 'r1', prompt: 'The', max_tokens: 40, pathfold: { reroute_every: 8 } },
  });
  for (const response of [await complete('The'), rerouted])
    expect([response.statusCode, response.headers['x-pathfold-path']]).toEqual([200, '0-0']);
  expect((await get('router.json')).json()).toEqual({ kind: 'single', paths: ['0-0'] });
  expect((await get('base-features.onnx')).statusCode).toBe(200);
  server.run.base = null;
  expect((await complete('The')).json().error.code).toBe('not_ready');
  expect([(await get('router.json')).statusCode, (await get('router.json')).json().code]).toEqual([503, 'not_ready']);
});

test('a run is asked by its id or its name', async () => {
  await publishRouter(router);
  const ask = (model: string) =>
    server.app.inject({ method: 'POST', url: '/v1/completions', payload: { model, prompt: 'The', max_tokens: 1 } });
  expect((await ask('whales')).json().model).toBe('r1');
  expect((await ask('fish')).statusCode).toBe(404);
  Object.assign(server.run.spec, { visibility: 'private' });
  expect((await ask('whales')).statusCode).toBe(404);
  Object.assign(server.run.spec, { visibility: 'public' });
});

test('a router that was made for another base routes nothing', async () => {
  await publishRouter({ ...router, base: ['f'.repeat(64)] } as Router);
  const answer = (await get('router.json')).json();
  expect(answer).toMatchObject({ code: 'wrong_state', detail: expect.stringContaining('made for another base') });
  expect((await complete('The')).json().error.code).toBe('wrong_state');
});

test('a prompt that volunteers answer waits for no answer of the coordinator', async () => {
  const network: Network = createNetwork({
    plan: briefPlan,
    send(volunteer, message) {
      if (message.type !== 'ask') return true;
      const { lease, continuation } = message;
      const ids = new Array<number>(continuation.tokens).fill(5);
      queueMicrotask(() => network.heard(volunteer, { type: 'tokens', lease, ids, end: true }));
      return true;
    },
    record: async () => {},
    creditOf: () => 0,
    now: () => performance.now(),
  });
  network.heard('v1', { type: 'answering', on: true });
  const { app } = await promptServer({}, { network });
  const ask = (i: number, payload: object) =>
    app.inject({
      ...{ method: 'POST', url: '/v1/completions', remoteAddress: `192.0.2.${i}` },
      payload: { model: 'r1', prompt: 'The', ...payload },
    });
  const crowd = Array.from({ length: 18 }, (_, i) => ask(i, { max_tokens: 1024 }));
  // One is answered and sixteen wait: this one finds no place.
  expect((await Promise.race(crowd)).statusCode).toBe(429);
  const { choices, pathfold } = (await ask(18, { max_tokens: 4, pathfold: { network: true } })).json();
  expect(choices[0].finish_reason).toBe('length');
  expect(pathfold.writers).toMatchObject([{ by: 'volunteer', volunteer: 'v1', tokens: 4 }]);
  await app.close();
  await Promise.all(crowd);
});
