import type { FastifyInstance } from 'fastify';
import { expect, test } from 'vitest';
import { promptServer } from './server.fixture.ts';

const post = (app: FastifyInstance, url: string, payload: object, headers = {}) =>
  app.inject({ method: 'POST', url, payload, headers });

test('a client that hangs up frees the worker for the next', async () => {
  const { app } = await promptServer({ model: { width: 256, blocks: 8, heads: 4, context: 64, vocabulary: 320 } });
  const url = await app.listen({ port: 0, host: '127.0.0.1' });
  const ask = (options: object, signal: AbortSignal | null = null) =>
    fetch(`${url}/v1/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'r1', prompt: 'The', ...options }),
      signal,
    });
  const abort = new AbortController();
  const long = await ask({ max_tokens: 1024, stream: true }, abort.signal);
  const reader = long.body!.getReader();
  await reader.read();
  let next: Response | null = null;
  const waiting = ask({ max_tokens: 1 }).then((response) => {
    next = response;
  });
  await reader.read();
  expect(next).toBeNull();
  abort.abort();
  await expect(reader.read()).rejects.toThrow();
  await waiting;
  expect(next!.status).toBe(200);
  await app.close();
});

test('a coordinator that stops refuses what still waits', async () => {
  const { app } = await promptServer();
  const answers = Array.from({ length: 4 }, () =>
    post(app, '/v1/completions', { model: 'r1', prompt: 'a', max_tokens: 1024 }),
  );
  await post(app, '/v1/completions', { model: 'none', prompt: 'a' });
  await app.close();
  for (const { statusCode } of await Promise.all(answers)) expect(statusCode).toBeGreaterThanOrEqual(500);
});

test('one network cannot have all of the places: another finds room', async () => {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  const runs = {
    get: async () => {
      await opened;
      return null;
    },
    list: async () => [],
  };
  const { app } = await promptServer({}, { runs });
  // Awaited here, each is sent at once.
  const ask = async (remoteAddress: string) =>
    await app.inject({ method: 'POST', url: '/v1/completions', payload: { model: 'r1', prompt: 'a' }, remoteAddress });
  const file = async (remoteAddress: string) =>
    await app.inject({ url: '/api/v1/runs/r1/export/0.onnx', remoteAddress });
  const crowd = [1, 2, 3, 4].flatMap(() => [ask('2001:db8:1::1'), file('2001:db8:1::2')]);
  const refused = [await ask('2001:db8:1::3'), await file('2001:db8:1::3')];
  expect(refused.map(({ statusCode }) => statusCode)).toEqual([429, 429]);
  expect(refused[0]!.json().error.code).toBe('queue_full');
  const other = ask('2001:db8:2::1');
  open();
  for (const { statusCode } of await Promise.all([...crowd, other])) expect(statusCode).toBe(404);
  // A finished prompt makes room.
  expect((await ask('2001:db8:1::3')).statusCode).toBe(404);
  await app.close();
});

test('an address that asks too often is told when it may again', async () => {
  const { app } = await promptServer();
  for (let i = 0; i < 300; i++) await app.inject('/v1/models');
  const response = await app.inject('/v1/models');
  expect(response.statusCode).toBe(429);
  expect(response.json().error).toMatchObject({ type: 'rate_limit_error', code: 'rate_limited' });
  expect(Number(response.headers['retry-after'])).toBeGreaterThan(1);
  expect((await app.inject('/api/v1/runs/r1/export/router.json')).json().code).toBe('rate_limited');
});
