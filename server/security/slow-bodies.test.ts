import { once } from 'node:events';
import { type AddressInfo, connect } from 'node:net';
import type { Readable } from 'node:stream';
import Fastify from 'fastify';
import { expect, test } from 'vitest';
import { endSlowBodies } from './slow-bodies.ts';

test('a body that does not end is given up, and an upload goes on', async () => {
  const app = Fastify();
  endSlowBodies(app, 50);
  app.addContentTypeParser('application/octet-stream', (_request, payload, done) => done(null, payload));
  app.post('/order', async () => 'done');
  app.post('/upload', { bodyLimit: Number.MAX_SAFE_INTEGER }, async (request) => {
    let bytes = 0;
    for await (const chunk of request.body as Readable) bytes += (chunk as Buffer).length;
    return { bytes };
  });
  await app.listen({ port: 0, host: '127.0.0.1' });
  const begin = (url: string, type: string) => {
    const socket = connect((app.server.address() as AddressInfo).port, '127.0.0.1').setEncoding('utf8');
    socket.write(`POST ${url} HTTP/1.1\r\nhost: localhost\r\ncontent-type: ${type}\r\ncontent-length: 4\r\n\r\n[1`);
    return socket.on('error', () => {});
  };
  const upload = begin('/upload', 'application/octet-stream');
  const order = begin('/order', 'application/json').resume();
  await once(order, 'close');
  upload.write('2]');
  const [answer] = await once(upload, 'data');
  expect(answer).toContain('{"bytes":4}');
  upload.destroy();
  await app.close();
});
