import { Agent, request } from 'node:http';
import { connect } from 'node:net';
import type { Json } from '@pathfold/coordination/work-plan';
import type { RunResource } from '@pathfold/protocol/resources';
import { ScriptedVolunteer } from '@pathfold/volunteer/scripted/volunteer.fixture';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { EXPORTS } from '../prompts/exports.ts';
import {
  asOperator,
  createRun,
  startTestCoordinator,
  type TestCoordinator,
  TINY,
  until,
} from '../testing/coordinator.ts';
import { type Answer, expectAnswer } from './answers.ts';
import { damaged, hostileJson, hostileText, SEED } from './hostile.ts';

interface Route {
  readonly method: string;
  readonly path: string;
}
interface Asked extends Route {
  readonly operator: boolean;
  readonly headers: Record<string, string>;
  readonly body: string | Uint8Array | null;
}

const agent = new Agent({ keepAlive: true });
let test_: TestCoordinator;
let origin: string;
let routes: Route[];
let real: Record<string, string[]>;
let bodies: Json[];

beforeAll(async () => {
  test_ = await startTestCoordinator({ limits: { requestsPerMinute: 1e9, streamsPerAddress: 1e6, corpusBytes: 1e5 } });
  origin = await test_.listen();
  const run = await createRun(test_, { evaluateEvery: 1 });
  const volunteer = new ScriptedVolunteer(origin);
  await volunteer.join();
  const lease = await volunteer.lease();
  await volunteer.upload(lease, volunteer.work(lease));
  // The charts follow the mind: what they say of the first round must have come before the run is looked at.
  await until('a version and its loss', async () => {
    const { round, trainLoss } = await runNow(run.id);
    return round > 0 && trainLoss !== null;
  });
  const { paths } = (await test_.ask({ url: '/openapi.json' })).json<{ paths: Record<string, object> }>();
  routes = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => ({ method: method.toUpperCase(), path })),
  );
  const blob = test_.coordinator.host.state.runs[run.id]!.facts.modules;
  real = {
    id: [run.id, volunteer.id, lease.lease, String(run.spec.corpus)],
    sha256: Object.values(blob).map((module) => module.blob.sha256),
    file: [
      ...[...EXPORTS.keys()].map((format) => `0.${format}`),
      'tokenizer.json',
      'router.json',
      'base-features.onnx',
    ],
  };
  const spec = { ...TINY, corpus: 'none' } as unknown as Json;
  bodies = [
    spec,
    { code: 'x' },
    { token: 'x' },
    { round: 1 },
    { mode: 'sync' },
    { model: run.id, prompt: 'the path', max_tokens: 2, temperature: 1, top_p: 1, seed: 1, stop: ['a'], stream: false },
    { model: run.id, messages: [{ role: 'user', content: 'path' }], max_tokens: 2, stream: true },
  ];
}, 120_000);
afterAll(() => {
  agent.destroy();
  return test_.close();
});

const runNow = async (id: string) =>
  (await test_.ask({ url: `/api/v1/runs/${id}`, headers: asOperator })).json<
    Pick<RunResource, 'round' | 'state' | 'trainLoss'>
  >();

/** An operator's requests would rightly change a run, so these come from strangers. */
const isOrder = ({ method, path }: Route) =>
  method === 'DELETE' || /(pause|resume|stop|evaluate|mode|grow|ban|operator-token)$/.test(path);

const QUERIES = ['limit', 'cursor', 'split', 'name', 'licence', 'domain', 'tokensPerSecond', 'stream'];
const HEADERS = [
  'accept',
  'authorization',
  'content-digest',
  'content-range',
  'cookie',
  'if-none-match',
  'if-range',
  'last-event-id',
  'pathfold-report',
  'range',
  'x-forwarded-for',
];
const TYPES = [
  'application/json',
  'application/octet-stream',
  'text/plain',
  'application/x-ndjson',
  'multipart/form-data',
  '',
];

/** As an address can carry it: lone surrogates have no UTF-8. */
const wellFormed = (text: string) => Buffer.from(text).toString();

/** Texts that Node lets a client send in a header. */
const headerText = hostileText.map((text) => text.replaceAll(/[^\t\x20-\x7e]/gu, '').trim());

const asked = (): fc.Arbitrary<Asked> =>
  fc.constantFrom(...routes).chain((route) =>
    fc
      .record({
        names: fc.array(
          fc.oneof(
            { weight: 3, arbitrary: fc.nat({ max: 20 }) },
            { weight: 1, arbitrary: hostileText.map((text) => wellFormed(text)) },
            { weight: 1, arbitrary: fc.constantFrom('%', '%00', '%ff', '%2e%2e', '..', '.') },
          ),
          { minLength: 3, maxLength: 3 },
        ),
        query: fc.array(fc.tuple(fc.constantFrom(...QUERIES), hostileText), { maxLength: 3 }),
        headers: fc.dictionary(fc.constantFrom(...HEADERS), headerText, { maxKeys: 3 }),
        type: fc.oneof(
          { weight: 4, arbitrary: fc.constant('application/json') },
          fc.constantFrom(...TYPES),
          headerText,
        ),
        body: fc.oneof(
          fc.constant(null),
          fc.constantFrom(...bodies).chain((body) => damaged(body).map((json) => JSON.stringify(json))),
          hostileJson.map((json) => JSON.stringify(json)),
          hostileText,
          fc.uint8Array({ maxLength: 200 }),
        ),
        operator: fc.boolean(),
      })
      .map(({ names, query, headers, type, body, operator }) => {
        let at = 0;
        const path = route.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
          const choice = names[at++]!;
          const known = real[name] ?? real['id']!;
          if (typeof choice === 'number') return known[choice % known.length]!;
          return /^[%.]/.test(choice) ? choice.replaceAll(/[^%.\w]/g, '') || '.' : encodeURIComponent(choice);
        });
        const search = query.map(([key, value]) => `${key}=${encodeURIComponent(wellFormed(value))}`).join('&');
        const isRead = route.method === 'GET' || route.method === 'HEAD';
        return {
          method: route.method,
          path: search ? `${path}?${search}` : path,
          operator: operator && !isOrder(route),
          headers: isRead || type === '' ? headers : { ...headers, 'content-type': type },
          body: isRead ? null : body,
        };
      }),
  );

/** Answers once the head is there for streams of events, which do not end, and else once all is. */
const send = ({ method, path, operator, headers, body }: Asked): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const auth = operator ? { ...headers, ...asOperator } : headers;
    const bytes = body === null ? null : Buffer.from(body as string);
    const length = bytes ? { 'content-length': bytes.length } : {};
    const { hostname, port } = new URL(origin);
    const put = request({ agent, hostname, port, method, path, headers: { ...auth, ...length } }, async (response) => {
      const type = response.headers['content-type'] ?? '';
      const status = response.statusCode ?? 0;
      if (type.startsWith('text/event-stream') && !path.startsWith('/v1')) {
        response.destroy();
        return resolve({ status, type, body: '' });
      }
      const chunks: Buffer[] = [];
      for await (const chunk of response) chunks.push(chunk as Buffer);
      resolve({ status, type, body: Buffer.concat(chunks).toString() });
    });
    // An upload that is refused while it comes may find its connection closed.
    put.on('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EPIPE' || (error.code === 'ECONNRESET' && bytes)
        ? resolve({ status: 0, type: '', body: '' })
        : reject(error),
    );
    put.end(bytes);
  });

test('no request to any route makes the coordinator fail, or changes the run', async () => {
  const before = await runNow(real['id']![0]!);
  await fc.assert(
    fc.asyncProperty(asked(), async (one) => {
      expectAnswer(one.path, await send(one));
    }),
    { seed: SEED, numRuns: 4000, endOnFailure: true },
  );
  expect(await runNow(real['id']![0]!)).toEqual(before);
  expect((await test_.ask({ url: '/healthz' })).statusCode).toBe(200);
}, 300_000);

test('bytes that are no HTTP are refused or dropped, and others are served on', async () => {
  const { port } = new URL(origin);
  const lines = fc.constantFrom(
    'GET / HTTP/1.1\r\n',
    'GET /healthz HTTP/9.9\r\n',
    'PUT /api/v1/leases/l/contribution HTTP/1.1\r\n',
    `Host: localhost:${port}\r\n`,
    'Content-Length: 18446744073709551616\r\n',
    'Content-Length: -1\r\n',
    'Transfer-Encoding: chunked\r\n',
    'Upgrade: websocket\r\nConnection: Upgrade\r\n',
    `X: ${'x'.repeat(20_000)}\r\n`,
    'zz\r\n',
    '\r\n',
  );
  const bytes = fc
    .array(
      fc.oneof({ weight: 3, arbitrary: lines.map((line) => Buffer.from(line)) }, fc.uint8Array({ maxLength: 64 })),
      {
        minLength: 1,
        maxLength: 6,
      },
    )
    .map((parts) => Buffer.concat(parts));
  await fc.assert(
    fc.asyncProperty(bytes, async (sent) => {
      const said = await new Promise<string>((resolve) => {
        const socket = connect(Number(port), '127.0.0.1', () => socket.end(sent));
        let heard = '';
        socket.on('data', (data) => {
          heard += data.toString('latin1');
        });
        socket.on('error', () => resolve(heard)).on('close', () => resolve(heard));
        socket.setTimeout(300, () => socket.destroy());
      });
      if (said.startsWith('HTTP')) expect(Number(said.slice(9, 12))).not.toBe(500);
    }),
    { seed: SEED, numRuns: 300, endOnFailure: true },
  );
  expect((await test_.ask({ url: '/healthz' })).statusCode).toBe(200);
}, 120_000);
