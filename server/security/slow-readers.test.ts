import { once } from 'node:events';
import { type AddressInfo, connect } from 'node:net';
import { Readable } from 'node:stream';
import Fastify from 'fastify';
import { expect, test } from 'vitest';
import { answerProblems } from '../api/problems.ts';
import { until } from '../testing/coordinator.ts';
import { endSlowReaders } from './slow-readers.ts';

/** A server of a large answer, and a reader that asks as often as it may and takes only the beginning of the first one. */
async function withStalledReader(stalledMs: number, requests = 1) {
  const app = Fastify({ forceCloseConnections: true });
  answerProblems(app);
  endSlowReaders(app, requests, stalledMs);
  let begun = 0;
  app.get('/large', async () => {
    begun += 1;
    return Buffer.alloc(32 * 1024 ** 2);
  });
  app.get('/small', async () => 'small');
  await app.listen({ port: 0, host: '127.0.0.1' });
  const { port } = app.server.address() as AddressInfo;
  const stall = async () => {
    const reader = connect(port, '127.0.0.1').on('error', () => {});
    reader.write('GET /large HTTP/1.1\r\nhost: localhost\r\n\r\n'.repeat(requests));
    await once(reader, 'readable');
    return reader;
  };
  const stalled = await stall();
  const small = () => fetch(`http://127.0.0.1:${port}/small`);
  const close = async () => {
    stalled.destroy();
    await app.close();
  };
  return { stalled, stall, small, begun: () => begun, close };
}

test('so many answers at once go to one network, and who leaves makes room', async () => {
  const { stalled, small, close } = await withStalledReader(3_600_000);
  const refused = await small();
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '1']);
  expect(await refused.json()).toMatchObject({ code: 'rate_limited' });
  stalled.destroy();
  await until('room', async () => (await small()).status === 200);
  await close();
});

test('answers whose turn on their connection never came make room too', async () => {
  const { stalled, stall, begun, close } = await withStalledReader(3_600_000, 3);
  stalled.destroy();
  await until('room for all three', async () => {
    const before = begun();
    (await stall()).destroy();
    return begun() === before + 3;
  });
  await close();
});

test('an answer of which nothing is taken is given up', async () => {
  const { small, close } = await withStalledReader(500);
  await until('room', async () => (await small()).status === 200);
  await close();
});

test('an answer that is long in coming is not', async () => {
  const app = Fastify({ forceCloseConnections: true });
  endSlowReaders(app, 1, 20);
  app.get('/', async (_request, reply) => {
    async function* slowly() {
      yield 'first';
      await new Promise((resolve) => setTimeout(resolve, 200));
      yield ' last';
    }
    return reply.send(Readable.from(slowly()));
  });
  const origin = await app.listen({ port: 0, host: '127.0.0.1' });
  expect(await (await fetch(origin)).text()).toBe('first last');
  await app.close();
});
