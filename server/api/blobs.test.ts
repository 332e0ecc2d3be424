import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, connect } from 'node:net';
import type { ModuleResource } from '@pathfold/protocol/resources';
import Fastify from 'fastify';
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { endSlowReaders } from '../security/slow-readers.ts';
import { asOperator, createRun, startTestCoordinator, type TestCoordinator, until } from '../testing/coordinator.ts';
import { blobRoutes, readRange } from './blobs.ts';
import { answerProblems } from './problems.ts';

let coordinator: TestCoordinator;
let url: string;
let bytes: number;
beforeAll(async () => {
  coordinator = await startTestCoordinator();
  const run = await createRun(coordinator);
  const page = await coordinator.ask({ url: `/api/v1/runs/${run.id}/modules` });
  const { blob } = page.json<{ items: ModuleResource[] }>().items[0]!;
  url = `/api/v1/blobs/${blob.sha256}`;
  bytes = blob.bytes;
}, 60_000);
afterAll(() => coordinator.close());

test('B1: a blob is read whole, in part, or not again', async () => {
  const whole = await coordinator.ask({ url });
  expect(whole.statusCode).toBe(200);
  expect(whole.rawPayload.length).toBe(bytes);
  expect(whole.headers['cache-control']).toBe('public, max-age=31536000, immutable');
  const etag = String(whole.headers.etag);
  expect((await coordinator.ask({ url, headers: { 'if-none-match': etag } })).statusCode).toBe(304);

  const part = await coordinator.ask({ url, headers: { range: 'bytes=4-11' } });
  expect([part.statusCode, part.headers['content-range']]).toEqual([206, `bytes 4-11/${bytes}`]);
  expect(part.rawPayload).toEqual(whole.rawPayload.subarray(4, 12));
  const outdated = await coordinator.ask({ url, headers: { range: 'bytes=4-11', 'if-range': '"other"' } });
  expect(outdated.statusCode).toBe(200);
  const beyond = await coordinator.ask({ url, headers: { range: `bytes=${bytes}-` } });
  expect([beyond.statusCode, beyond.headers['content-range']]).toEqual([416, `bytes */${bytes}`]);
  expect(beyond.json().code).toBe('range_not_satisfiable');

  const head = await coordinator.ask({ method: 'HEAD', url });
  expect([head.statusCode, head.headers['content-length'], head.rawPayload.length]).toEqual([200, `${bytes}`, 0]);
});

test('B6: the pieces of a blob are told by their hashes; a small blob has none', async () => {
  const { blobs } = coordinator.coordinator;
  const large = Buffer.from(Uint8Array.from({ length: 300_000 }, (_, i) => i % 251));
  const { sha256 } = await blobs.put(large);
  const operator = await coordinator.ask({ url: `/api/v1/blobs/${sha256}/pieces`, headers: asOperator });
  expect(operator.statusCode).toBe(200);
  const hashes = [0, 1, 2, 3, 4].map((piece) =>
    createHash('sha256')
      .update(large.subarray(piece * 65_536, (piece + 1) * 65_536))
      .digest(),
  );
  expect(operator.rawPayload).toEqual(Buffer.concat(hashes));
  expect((await coordinator.ask({ url: `${url}/pieces` })).json().code).toBe('not_found');
});

test('what is no blob, or not there, is told apart from nothing', async () => {
  expect((await coordinator.ask({ url: '/api/v1/blobs/abc' })).json().code).toBe('not_found');
  expect((await coordinator.ask({ url: `/api/v1/blobs/${'0'.repeat(64)}` })).json().code).toBe('not_found');
});

test.each([
  ['bytes=0-0', { start: 0, end: 1 }],
  ['bytes=90-', { start: 90, end: 100 }],
  ['bytes=-10', { start: 90, end: 100 }],
  ['bytes=-1000', { start: 0, end: 100 }],
  ['bytes=50-1000', { start: 50, end: 100 }],
  ['bytes=0-1,5-6', null],
  ['lines=0-1', null],
  [undefined, null],
])('Range %s of 100 bytes', (header, expected) => {
  expect(readRange(header, 100)).toEqual(expected);
});

test.each(['bytes=100-', 'bytes=7-3', 'bytes=-0'])('Range %s of 100 bytes holds nothing', (header) => {
  expect(() => readRange(header, 100)).toThrow('range_not_satisfiable');
});

/** A server of one large blob alone, with a reader that takes only the beginning of it. */
async function withStalledReader({ mostAtOnce, stalledMs }: { mostAtOnce: number; stalledMs: number }) {
  const { blobs } = coordinator.coordinator;
  const { sha256 } = await blobs.put(new Uint8Array(32 * 1024 ** 2));
  const app = Fastify();
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  answerProblems(app);
  endSlowReaders(app, 1, stalledMs);
  await app.register(blobRoutes({ blobs, mayRead: () => 'public', mostAtOnce, publicUrl: null, onSent() {} }));
  await app.listen({ port: 0, host: '127.0.0.1' });
  const { port } = app.server.address() as AddressInfo;
  const stalled = connect(port, '127.0.0.1').on('error', () => {});
  stalled.write(`GET /blobs/${sha256} HTTP/1.1\r\nhost: localhost\r\n\r\n`);
  await once(stalled, 'readable');
  const first = () => fetch(`http://127.0.0.1:${port}/blobs/${sha256}`, { headers: { range: 'bytes=0-0' } });
  const close = async () => {
    stalled.destroy();
    await app.close();
  };
  return { stalled, first, close };
}

test('so many blobs at once go to one address, and who leaves makes room', async () => {
  const { stalled, first, close } = await withStalledReader({ mostAtOnce: 1, stalledMs: 3_600_000 });
  const refused = await first();
  expect([refused.status, refused.headers.get('cache-control')]).toEqual([429, null]);
  stalled.destroy();
  await until('room', async () => (await first()).status === 206);
  await close();
});

test('a reader that takes nothing is given up', async () => {
  const { first, close } = await withStalledReader({ mostAtOnce: 1, stalledMs: 500 });
  // On a busy machine this one may be given up, too.
  await until('room', async () => (await first().catch(() => null))?.status === 206);
  await close();
});
