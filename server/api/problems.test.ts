import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { asOperator, startTestCoordinator, type TestCoordinator } from '../testing/coordinator.ts';

let coordinator: TestCoordinator;
let port: number;
beforeAll(async () => {
  coordinator = await startTestCoordinator();
  port = Number(new URL(await coordinator.listen()).port);
}, 60_000);
afterAll(() => coordinator.close());

test.each([
  [400, 'NONSENSE\r\n\r\n'],
  [431, `GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`],
])('bytes that Node refuses with %i are answered by a problem', async (status, bytes) => {
  const socket = connect(port, '127.0.0.1').setEncoding('utf8');
  let answer = '';
  socket.on('data', (text: string) => {
    answer += text;
  });
  socket.write(bytes);
  await once(socket, 'close');
  const [head, body] = answer.split('\r\n\r\n') as [string, string];
  expect(head).toMatch(new RegExp(`^HTTP/1.1 ${status} .*Content-Type: application/problem\\+json`, 's'));
  expect(JSON.parse(body)).toMatchObject({ code: 'bad_request', status });
});

test('what is far too long to be an id is the id of nothing', async () => {
  const answer = await coordinator.ask({ url: `/api/v1/runs/${'x'.repeat(300)}` });
  expect([answer.statusCode, answer.json().code]).toEqual([404, 'not_found']);
});

test('a body of a type that is not accepted hears which one is', async () => {
  const refusal = async (method: 'PUT' | 'POST', url: string, headers: Record<string, string> = asOperator) => {
    const type = { 'content-type': 'application/xml' };
    const answer = await coordinator.ask({ method, url, headers: { ...headers, ...type }, payload: '<a/>' });
    return [answer.json().code, answer.json().detail ?? answer.json().error.message];
  };
  expect(await refusal('POST', '/api/v1/runs')).toEqual(['unsupported_media_type', 'Send application/json.']);
  expect(await refusal('POST', '/api/v1/corpora?name=a&licence=b')).toEqual([
    'unsupported_media_type',
    expect.stringContaining('text/plain'),
  ]);
});

test('whoever asks whether the coordinator is ready shares one look at the database', async () => {
  const { settings } = coordinator.coordinator.store;
  const get = settings.get;
  let looks = 0;
  settings.get = (name) => {
    looks += 1;
    return get(name);
  };
  const answers = await Promise.all([1, 2, 3].map(() => coordinator.ask({ url: '/readyz' })));
  settings.get = get;
  expect(answers.map(({ statusCode }) => statusCode)).toEqual([200, 200, 200]);
  expect(looks).toBeLessThan(3);
});

test('the figures and the description of the interface are counted', async () => {
  const remoteAddress = '192.0.2.7';
  const statuses = new Set<number>();
  for (let i = 0; i < 300; i++) statuses.add((await coordinator.ask({ url: '/metrics', remoteAddress })).statusCode);
  expect([...statuses]).toEqual([200]);
  expect((await coordinator.ask({ url: '/metrics', remoteAddress })).json().code).toBe('rate_limited');
  expect((await coordinator.ask({ url: '/metrics' })).statusCode).toBe(200);
});
