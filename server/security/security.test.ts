import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { asOperator, OPERATOR_TOKEN, startTestCoordinator, type TestCoordinator } from '../testing/coordinator.ts';
import { allowedHosts, localOrigin } from './hosts.ts';

let coordinator: TestCoordinator;
beforeAll(async () => {
  coordinator = await startTestCoordinator({ publicUrl: new URL('https://train.example.org') });
}, 60_000);
afterAll(() => coordinator.close());

const get = (url: string, headers: Record<string, string> = {}) => coordinator.ask({ url, headers });
const post = (url: string, payload: object | undefined, headers: Record<string, string> = {}) =>
  coordinator.ask({ method: 'POST', url, headers, ...(payload ? { payload } : {}) });

describe('hosts and origins', () => {
  test.each(['localhost:8080', '127.0.0.1:8080', '[::1]:8080', 'train.example.org'])('%s is ours', async (host) => {
    expect((await get('/healthz', { host })).statusCode).toBe(200);
  });

  test.each(['evil.example', 'localhost:9999', 'localhost.evil.example:8080', 'train.example.org:1', ''])(
    '%j is not',
    async (host) => {
      const answer = await get('/healthz', { host });
      expect([answer.statusCode, answer.json().code]).toEqual([403, 'bad_host']);
    },
  );

  test('pages of other origins may neither read nor write', async () => {
    for (const origin of [
      'https://evil.example',
      'null',
      'http://localhost:8080@evil.example',
      'http://train.example.org.evil',
    ])
      expect((await get('/api/v1/runs', { origin })).json().code).toBe('bad_origin');
    expect((await get('/api/v1/runs', { origin: 'https://train.example.org' })).statusCode).toBe(200);
    expect((await get('/api/v1/runs', { origin: 'http://localhost:8080' })).statusCode).toBe(200);
  });
});

test.each([
  ['127.0.0.1', 'http://localhost:8080'],
  ['0.0.0.0', 'http://localhost:8080'],
  ['::', 'http://localhost:8080'],
  ['LOCALHOST', 'http://localhost:8080'],
  ['::1', 'http://[::1]:8080'],
  ['FD00::7', 'http://[fd00::7]:8080'],
  ['Box.example', 'http://box.example:8080'],
])('who listens on %s is found at %s on this machine, and knows that host', (host, origin) => {
  expect(localOrigin(host, 8080)).toBe(origin);
  expect(allowedHosts({ host, publicUrl: null }, 8080)).toContain(new URL(origin).host);
});

test('pages are cross-origin isolated and run only scripts of their own', async () => {
  const { headers } = await get('/');
  expect(headers).toMatchObject({
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-embedder-policy': 'require-corp',
    'x-content-type-options': 'nosniff',
  });
  const policy = String(headers['content-security-policy']);
  expect(policy).toContain("script-src 'self' 'wasm-unsafe-eval';");
  expect(policy).toContain("worker-src 'self' blob:;");
  expect(policy).toContain("frame-ancestors 'none'");
});

describe('operators', () => {
  test('writes need the token, and say so', async () => {
    const wrong = { authorization: `Bearer ${OPERATOR_TOKEN}x` };
    for (const headers of [{}, wrong, { cookie: 'pathfold_session=guess' }]) {
      const answer = await post('/api/v1/runs/none/pause', undefined, headers);
      expect([answer.statusCode, answer.json().code]).toEqual([401, 'unauthorized']);
    }
    expect((await post('/api/v1/runs/none/pause', undefined, asOperator)).statusCode).toBe(404);
  });

  test('the sign-in code works once, for a cookie that scripts cannot read; signing out ends it', async () => {
    const code = coordinator.coordinator.operatorKeys.newSignInCode();
    expect((await post('/api/v1/session', { code: `${code}x` })).json().code).toBe('bad_sign_in');
    const answer = await post('/api/v1/session', { code });
    expect(answer.statusCode).toBe(200);
    const [cookie] = answer.cookies;
    expect(cookie).toMatchObject({ httpOnly: true, sameSite: 'Strict', secure: true, path: '/' });
    expect((await post('/api/v1/session', { code })).json().code).toBe('bad_sign_in');
    const headers = { cookie: `${cookie!.name}=${cookie!.value}` };
    expect((await get('/api/v1/session', headers)).json()).toEqual({ operator: true });

    await coordinator.restart();
    expect((await get('/api/v1/session', headers)).json()).toEqual({ operator: true });
    await coordinator.ask({ method: 'DELETE', url: '/api/v1/session', headers });
    expect((await get('/api/v1/session', headers)).json()).toEqual({ operator: false });
  }, 60_000);

  test('the token signs in too; a newly made token replaces the last one', async () => {
    expect((await post('/api/v1/session', { token: 'guess-guess-guess-guess' })).json().code).toBe('unauthorized');
    expect((await post('/api/v1/session', { token: OPERATOR_TOKEN })).cookies).toHaveLength(1);
    const make = async () =>
      (await post('/api/v1/operator-token', undefined, asOperator)).json<{ token: string }>().token;
    const first = await make();
    const isOperator = async (token: string) =>
      (await get('/api/v1/session', { authorization: `Bearer ${token}` })).json().operator;
    expect(await isOperator(first)).toBe(true);
    const second = await make();
    expect([await isOperator(first), await isOperator(second)]).toEqual([false, true]);
  });

  test('guessing sign-in codes is slowed down', async () => {
    const answers = await Promise.all(Array.from({ length: 40 }, () => post('/api/v1/session', { code: 'guess' })));
    const limited = answers.find(({ statusCode }) => statusCode === 429)!;
    expect(limited.json().code).toBe('rate_limited');
    expect(Number(limited.headers['retry-after'])).toBeGreaterThan(0);
  });

  test('guessing the token is slowed down at every door that tells, and in the end tells nothing', async () => {
    const ask = (token: string, url = '/api/v1/session', remoteAddress = '192.0.2.7') =>
      coordinator.ask({ url, headers: { authorization: `Bearer ${token}` }, remoteAddress });
    for (let i = 0; i < 15; i++) expect((await ask(`guess${i}`)).json()).toEqual({ operator: false });
    for (let i = 0; i < 15; i++) expect((await ask(`guess${i}`, '/api/v1/volunteers')).statusCode).toBe(401);
    for (const url of ['/api/v1/session', '/api/v1/volunteers'])
      expect((await ask(OPERATOR_TOKEN, url)).json().code).toBe('rate_limited');
    expect((await ask(OPERATOR_TOKEN, '/api/v1/session', '192.0.2.8')).json()).toEqual({ operator: true });
  });

  test('all addresses of one IPv6 network are slowed down as one', async () => {
    const guess = (remoteAddress: string) =>
      coordinator.ask({ method: 'POST', url: '/api/v1/session', payload: { code: 'guess' }, remoteAddress });
    const statuses = new Set<number>();
    for (let i = 0; i < 30; i++) statuses.add((await guess(`2001:db8:1:${i}::1`)).statusCode);
    expect([...statuses]).toEqual([401]);
    expect((await guess('2001:db8:1:30::1')).statusCode).toBe(429);
    expect((await guess('2001:db8:2::1')).statusCode).toBe(401);
  });
});

describe('problems', () => {
  test('what is not there, and what cannot be read, is a problem with a code', async () => {
    const missing = await get('/api/v1/nothing');
    expect(missing.headers['content-type']).toContain('application/problem+json');
    expect(missing.json()).toMatchObject({ code: 'not_found', status: 404 });
    const headers = { ...asOperator, 'content-type': 'application/json' };
    const broken = await coordinator.ask({ method: 'POST', url: '/api/v1/runs', headers, payload: '{' });
    expect(broken.json()).toMatchObject({ code: 'bad_request', status: 400 });
    const odd = await coordinator.ask({
      method: 'POST',
      url: '/api/v1/runs',
      headers: { ...asOperator, 'content-type': 'application/xml' },
      payload: '<run/>',
    });
    expect(odd.json().code).toBe('unsupported_media_type');
    const huge = await post('/api/v1/runs', { corpus: 'x'.repeat(1_000_000) }, asOperator);
    expect(huge.json().code).toBe('too_large');
    expect((await get('/api/v1/runs?limit=0')).json()).toMatchObject({
      code: 'bad_request',
      detail: expect.stringContaining('limit'),
    });
    expect((await get('/api/v1/runs?cursor=x')).json()).toMatchObject({ code: 'bad_request' });
  });
});

test('an order without a body may say of which type it is', async () => {
  const order = async (type: string, payload = '', url = '/api/v1/runs/none/pause') => {
    const headers = { ...asOperator, 'content-type': type, 'content-length': `${payload.length}` };
    return (await coordinator.ask({ method: 'POST', url, headers, payload })).json().code;
  };
  expect(await order('application/json')).toBe('not_found');
  expect(await order('application/x-www-form-urlencoded')).toBe('not_found');
  expect(await order('application/x-www-form-urlencoded', 'a=b')).toBe('unsupported_media_type');
  expect(await order('application/json', '', '/api/v1/runs/none/mode')).toBe('bad_request');
});

test('what cannot be an id is the id of nothing', async () => {
  for (const url of ['/api/v1/blobs/xyz', `/api/v1/runs/${'x'.repeat(90)}`, '/api/v1/volunteers/me!']) {
    const answer = await get(url);
    expect([url, answer.statusCode, answer.json().code]).toEqual([url, 404, 'not_found']);
  }
});

test('the longest prompt is not too large, whatever its characters take in bytes', async () => {
  const payload = `{"model":"none","prompt":"${'\\u6f22'.repeat(100_000)}"}`;
  const headers = { 'content-type': 'application/json' };
  for (const url of ['/v1/completions', '/v1/chat/completions']) {
    const answer = await coordinator.ask({ method: 'POST', url, headers, payload });
    expect([url, answer.json().error.code]).toEqual([url, url.includes('chat') ? 'bad_request' : 'not_found']);
  }
});

test('health, readiness, metrics, the description of the API and its page are there', async () => {
  expect((await get('/healthz')).json()).toEqual({ status: 'ok' });
  expect((await get('/readyz')).json()).toEqual({ status: 'ready' });
  expect((await get('/metrics')).body).toContain('pathfold_events_total');
  const { paths } = (await get('/openapi.json')).json<{ paths: Record<string, object> }>();
  expect(Object.keys(paths)).toEqual(expect.arrayContaining(['/api/v1/runs/{id}', '/api/v1/blobs/{sha256}']));
  expect((await get('/docs/')).statusCode).toBe(200);
});

test('nobody but operators learns what is wrong with an order: 401 comes before the body is read', async () => {
  const json = { 'content-type': 'application/json' };
  for (const [method, url, payload] of [
    ['POST', '/api/v1/runs', '{}'],
    ['POST', '/api/v1/runs', '{broken'],
    ['POST', '/api/v1/corpora', '{}'],
    ['POST', '/api/v1/runs/none/rollback', '{}'],
    ['DELETE', '/api/v1/runs/none', ''],
  ] as const) {
    const answer = await coordinator.ask({ method, url, ...(payload ? { payload, headers: json } : {}) });
    expect([url, answer.statusCode, answer.json().code]).toEqual([url, 401, 'unauthorized']);
  }
});

test('the description names every door, and which of them are for operators', async () => {
  const { paths } = (await coordinator.ask({ url: '/openapi.json' })).json();
  expect(paths['/healthz'].get).toBeDefined();
  expect(paths['/readyz'].get).toBeDefined();
  expect(paths['/api/v1/volunteer'].get).toBeDefined();
  expect(paths['/api/v1/runs'].post.security).toEqual([{ operator: [] }]);
  expect(paths['/api/v1/runs'].get.security).toBeUndefined();
  const { anyOf } = paths['/api/v1/runs'].post.requestBody.content['application/json'].schema;
  expect(anyOf).toMatchObject([{ properties: { corpus: {} } }, { properties: { study: {} } }]);
  const plain = await coordinator.ask({ url: '/api/v1/volunteer' });
  expect([plain.statusCode, plain.json().code]).toEqual([400, 'bad_request']);
});

test('only the description of the interface may write styles into its page', async () => {
  const styles = async (url: string) =>
    /style-src ([^;]*)/.exec(String((await get(url)).headers['content-security-policy']))?.[1]?.trim();
  expect(await styles('/healthz')).toBe("'self'");
  expect(await styles('/docs')).toBe("'self' 'unsafe-inline'");
});
