import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { promptServer } from './server.fixture.ts';

const post = (app: FastifyInstance, url: string, payload: object, headers = {}) =>
  app.inject({ method: 'POST', url, payload, headers });

describe('a coordinator with a prompt key and a private run', () => {
  let app: FastifyInstance;
  beforeAll(async () => {
    ({ app } = await promptServer({ visibility: 'private' }, { promptKey: 'sesame-sesame-sesame' }));
  });
  afterAll(() => app.close());

  test.each([
    ['no key', {}, 401],
    ['a wrong key', { authorization: 'Bearer open' }, 401],
    ['the key', { authorization: 'Bearer sesame-sesame-sesame' }, 200],
    ['an operator', { authorization: 'Bearer operator' }, 200],
  ])('%s', async (_name, headers, status) => {
    const response = await app.inject({ url: '/v1/models/r1', headers });
    expect(response.statusCode).toBe(status);
    if (status === 401) expect(response.json().error.type).toBe('authentication_error');
    // The request by which the prompt page learns whether it may ask further.
    expect((await app.inject({ method: 'HEAD', url: '/v1/models', headers })).statusCode).toBe(status);
  });

  test('guessing the key is slowed down, and in the end tells nothing', async () => {
    const ask = (key: string, remoteAddress = '192.0.2.7') =>
      app.inject({ url: '/v1/models', headers: { authorization: `Bearer ${key}` }, remoteAddress });
    const statuses = new Set<number>();
    for (let i = 0; i < 30; i++) statuses.add((await ask(`guess ${i}`)).statusCode);
    expect([...statuses]).toEqual([401]);
    const refused = await ask('sesame-sesame-sesame');
    expect([refused.statusCode, refused.json().error.code]).toEqual([429, 'rate_limited']);
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(1);
    expect((await ask('sesame-sesame-sesame', '192.0.2.8')).statusCode).toBe(200);
  });

  test('requests without the key are counted', async () => {
    const statuses: number[] = [];
    for (let i = 0; i <= 300; i++)
      statuses.push((await app.inject({ url: '/v1/models', remoteAddress: '192.0.2.9' })).statusCode);
    expect([statuses[0], statuses.at(-1)]).toEqual([401, 429]);
  });
});

test('a private run is no model for strangers, a preparing run not ready', async () => {
  const hidden = await promptServer({ visibility: 'private' });
  expect((await hidden.app.inject('/v1/models')).json().data).toEqual([]);
  expect((await post(hidden.app, '/v1/completions', { model: 'r1', prompt: '' })).statusCode).toBe(404);
  const young = await promptServer();
  young.run.modules = [];
  expect((await young.app.inject('/v1/models')).json().data).toEqual([]);
  const response = await post(young.app, '/v1/completions', { model: 'r1', prompt: '' });
  expect(response.statusCode).toBe(503);
  expect(response.json().error.code).toBe('not_ready');
});
