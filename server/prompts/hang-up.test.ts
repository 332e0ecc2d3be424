import { type AddressInfo, connect } from 'node:net';
import Fastify from 'fastify';
import { expect, test } from 'vitest';
import { until } from '../testing/coordinator.ts';
import { hangUpOf } from './hang-up.ts';

test('who hangs up is heard of each of its requests, also of those whose turn on the connection never came', async () => {
  const app = Fastify({ forceCloseConnections: true });
  const hangUps: AbortSignal[] = [];
  app.get('/', async (request, reply) => {
    const hangUp = hangUpOf(request, reply);
    hangUps.push(hangUp);
    await new Promise((resolve) => hangUp.addEventListener('abort', resolve));
    return 'over';
  });
  await app.listen({ port: 0, host: '127.0.0.1' });
  const client = connect((app.server.address() as AddressInfo).port, '127.0.0.1');
  client.write('GET / HTTP/1.1\r\nhost: localhost\r\n\r\n'.repeat(3));
  await until('three requests', () => hangUps.length === 3);
  expect(hangUps.some(({ aborted }) => aborted)).toBe(false);
  client.destroy();
  await until('all given up', () => hangUps.every(({ aborted }) => aborted));
  await app.close();
});
