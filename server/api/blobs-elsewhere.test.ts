import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ModuleResource } from '@pathfold/protocol/resources';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { asOperator, createRun, startTestCoordinator, type TestCoordinator } from '../testing/coordinator.ts';

/** A CDN that has nothing, and asks the coordinator as RFC 8586 has it. */
const cdn = createServer(async (request, response) => {
  const answer = await fetch(`${origin}/api/v1/blobs${request.url}`, {
    headers: { 'cdn-loop': 'cdn.example', ...(request.headers.range ? { range: request.headers.range } : {}) },
    redirect: 'manual',
  });
  asked.push(request.url!);
  response.writeHead(answer.status, Object.fromEntries(answer.headers)).end(await answer.bytes());
});
const asked: string[] = [];
let coordinator: TestCoordinator;
let origin: string;
let blob: ModuleResource['blob'];
let hidden: ModuleResource['blob'];

beforeAll(async () => {
  await new Promise<void>((resolve) => cdn.listen(0, '127.0.0.1', resolve));
  const blobPublicUrl = new URL(`http://127.0.0.1:${(cdn.address() as AddressInfo).port}/`);
  coordinator = await startTestCoordinator({ blobPublicUrl });
  origin = await coordinator.listen();
  const moduleOf = async (visibility: 'public' | 'private') => {
    const { id } = await createRun(coordinator, { visibility, seed: visibility === 'public' ? 1 : 2 });
    const page = await coordinator.ask({ url: `/api/v1/runs/${id}/modules`, headers: asOperator });
    return page.json<{ items: ModuleResource[] }>().items[0]!.blob;
  };
  blob = await moduleOf('public');
  hidden = await moduleOf('private');
}, 120_000);
afterAll(async () => {
  cdn.close();
  await coordinator.close();
});

test('B1a: public blobs are redirected to the CDN, which gets them here without a loop', async () => {
  const url = `${origin}/api/v1/blobs/${blob.sha256}`;
  const redirect = await fetch(url, { redirect: 'manual' });
  expect([redirect.status, redirect.headers.get('cache-control')]).toEqual([307, 'no-store']);
  const whole = await (await fetch(url)).bytes();
  expect(whole.length).toBe(blob.bytes);
  const part = await fetch(url, { headers: { range: 'bytes=4-11' } });
  expect([part.status, part.headers.get('access-control-allow-origin')]).toEqual([206, '*']);
  expect(await part.bytes()).toEqual(whole.subarray(4, 12));
  expect(asked).toEqual([`/${blob.sha256}`, `/${blob.sha256}`]);

  const direct = await fetch(`${url}?direct`, { redirect: 'error' });
  expect(await direct.bytes()).toEqual(whole);
  const metrics = await (await fetch(`${origin}/metrics`)).text();
  const sent = (kind: string) =>
    Number(new RegExp(`^pathfold_blob_bytes_total{kind="${kind}"} (.*)$`, 'm').exec(metrics)![1]);
  expect([sent('cdn'), sent('coordinator')]).toEqual([2 * blob.bytes + 8, 2 * blob.bytes + 8]);
  expect(metrics).toContain('pathfold_blob_offload_ratio 0.5');
});

test('B1a: a private blob never leaves by the CDN', async () => {
  const url = `${origin}/api/v1/blobs/${hidden.sha256}`;
  const mine = await fetch(url, { headers: asOperator, redirect: 'error' });
  expect([mine.status, mine.headers.get('access-control-allow-origin')]).toEqual([200, null]);
  for (const headers of [{}, { 'cdn-loop': 'cdn.example' }])
    expect((await fetch(url, { headers, redirect: 'error' })).status).toBe(404);
});

test('pages may follow the redirect', async () => {
  const policy = (await coordinator.ask({ url: '/' })).headers['content-security-policy'];
  expect(policy).toContain(`connect-src 'self' http://127.0.0.1:${(cdn.address() as AddressInfo).port} `);
});
