import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import type { LeaseMessage } from '@pathfold/protocol/down';
import { MOST_REASON } from '@pathfold/protocol/report';
import type { ContributionResource, RunResource } from '@pathfold/protocol/resources';
import { ScriptedVolunteer } from '@pathfold/volunteer/scripted/volunteer';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { asOperator, createRun, startTestCoordinator, type TestCoordinator, until } from '../testing/coordinator.ts';

let coordinator: TestCoordinator;
let origin: string;
let run: RunResource;
let one: ScriptedVolunteer;
let lease: LeaseMessage;
beforeAll(async () => {
  coordinator = await startTestCoordinator();
  run = await createRun(coordinator, { replicas: 16, evaluateEvery: 1000 });
  origin = await coordinator.listen();
}, 60_000);
afterAll(() => coordinator.close());
beforeEach(async () => {
  one = new ScriptedVolunteer(origin);
  await one.join();
  lease = await one.lease();
});
afterEach(() => one.leave());

const url = () => `${origin}/api/v1/leases/${lease.lease}/contribution`;
const codeOf = async (answer: Response) => ((await answer.json()) as { code: string }).code;
const settled = async (state: string) => {
  for (;;) {
    const message = await one.next('settled');
    if (message.state === state) return message;
  }
};

test('U1, U5: a good contribution is received, checked and credited; repeated it changes nothing (U3)', async () => {
  const work = one.work(lease);
  expect((await one.upload(lease, work)).status).toBe(201);
  expect(await settled('checked')).toMatchObject({ lease: lease.lease, credit: work.report.tokens });
  const again = await one.upload(lease, work);
  expect(again.status).toBe(200);
  const other = { ...work, payload: work.payload.map((byte) => byte ^ 1) };
  expect(await codeOf(await one.upload(lease, other))).toBe('already_contributed');
  const page = await coordinator.ask({ url: `/api/v1/runs/${run.id}/contributions` });
  const listed = page.json<{ items: ContributionResource[] }>().items.filter((item) => item.lease === lease.lease);
  expect(listed).toMatchObject([{ volunteer: one.id, bytes: work.payload.length, reason: null, steps: 4 }]);
});

const floats = (length: number, ...first: number[]) => {
  const values = new Float32Array(length / 4);
  values.set(first);
  return new Uint8Array(values.buffer);
};
test.each([
  ['NaN', 'not_finite', (good: Uint8Array) => floats(good.length, Number.NaN)],
  ['an infinity', 'not_finite', (good: Uint8Array) => floats(good.length, 1, Number.NEGATIVE_INFINITY)],
  ['another shape', 'wrong_size', (good: Uint8Array) => good.slice(4)],
])('U6: %s is rejected with %s, in words that reach the volunteer', async (_what, code, spoil) => {
  const work = one.work(lease);
  expect((await one.upload(lease, { ...work, payload: spoil(work.payload) })).status).toBe(201);
  expect(await settled('rejected')).toMatchObject({ lease: lease.lease, code, credit: 0 });
  const page = await coordinator.ask({ url: `/api/v1/volunteers/${one.id}/contributions` });
  const [listed] = page.json<{ items: ContributionResource[] }>().items;
  expect(listed).toMatchObject({ state: 'rejected', reason: expect.stringContaining(code) });
});

test('U6: more steps than the lease asked for are rejected', async () => {
  const { payload, report } = one.work(lease);
  await one.upload(lease, { payload, report: { ...report, steps: report.steps + 1 } });
  expect(await settled('rejected')).toMatchObject({ code: 'bad_steps' });
});

test('other bytes than the digest says are refused, and the lease goes on', async () => {
  const work = one.work(lease);
  const answer = await one.upload(lease, work, {}, work.payload.slice().fill(1));
  expect([answer.status, await codeOf(answer)]).toEqual([422, 'digest_mismatch']);
  expect((await one.upload(lease, work)).status).toBe(201);
});

test('missing and broken headers are named', async () => {
  const work = one.work(lease);
  const codes = [
    { 'content-digest': '' },
    { 'pathfold-report': '!' },
    { 'pathfold-report': 'e30' },
    { authorization: '' },
  ];
  const answers = await Promise.all(codes.map(async (headers) => codeOf(await one.upload(lease, work, headers))));
  expect(answers).toEqual(['digest_missing', 'bad_report', 'bad_report', 'bad_token']);
});

test('a clock that ran backwards and a reason without end are refused at the door, and the lease goes on', async () => {
  const work = one.work(lease);
  const telling = (changes: object) => one.upload(lease, { ...work, report: { ...work.report, ...changes } });
  const device = { name: 'wasm', adapter: 'one thread', tokensPerSecond: 7 };
  for (const changes of [{ computeMs: -5000 }, { executor: { ...device, reason: 'x'.repeat(MOST_REASON + 1) } }]) {
    const answer = await telling(changes);
    expect([answer.status, await codeOf(answer)]).toEqual([400, 'bad_report']);
  }
  const { detail } = (await (await telling({ computeMs: -5000 })).json()) as { detail: string };
  expect(detail).toBe('computeMs: Too small: expected number to be >=0');
  const executor = { ...device, reason: 'no other was looked at' };
  expect((await telling({ executor })).status).toBe(201);
  await settled('checked');
  const page = await coordinator.ask({ url: `/api/v1/volunteers/${one.id}/contributions` });
  expect(page.json<{ items: ContributionResource[] }>().items[0]).toMatchObject({ executor });
});

test('a body of another type is refused unread, and that of a stranger before it comes', async () => {
  const json = await one.upload(lease, one.work(lease), { 'content-type': 'application/json' });
  expect([json.status, await codeOf(json)]).toEqual([415, 'unsupported_media_type']);
  const announced = { 'content-type': 'application/json', 'content-length': `${1024 ** 3}` };
  const status = await new Promise((resolve, reject) => {
    const call = request(url(), { method: 'PUT', headers: announced }, (answer) => {
      resolve(answer.statusCode);
      call.destroy();
    });
    call.on('error', reject);
    call.write('{');
  });
  expect(status).toBe(401);
  expect((await one.upload(lease, one.work(lease))).status).toBe(201);
});

test("another volunteer's lease, a forged token and an unknown lease are refused", async () => {
  const other = new ScriptedVolunteer(origin);
  await other.join();
  const theirs = await other.lease();
  const work = one.work(lease);
  expect(await codeOf(await one.upload({ lease: theirs.lease, token: lease.token }, work))).toBe('bad_token');
  expect(await codeOf(await one.upload({ lease: lease.lease, token: `${lease.lease}.forged` }, work))).toBe(
    'bad_token',
  );
  expect(await codeOf(await one.upload({ lease: 'l9999', token: 'l9999.forged' }, work))).toBe('lease_unknown');
  expect((await other.upload(theirs, work)).status).toBe(201);
  other.leave();
});

test('L4: what comes for a lease that was given back is refused', async () => {
  one.send({ type: 'release', lease: lease.lease, code: 'user', detail: '' });
  await until('the lease to end', () => coordinator.coordinator.host.state.leases[lease.lease] === undefined);
  const answer = await one.upload(lease, one.work(lease));
  expect([answer.status, await codeOf(answer)]).toEqual([410, 'lease_ended']);
});

test('U2: ten gigabytes are refused at their announcement, and too many bytes while they come', async () => {
  const { report, payload } = one.work(lease);
  const digest = createHash('sha256').update(payload).digest('base64');
  const headers = {
    authorization: `Bearer ${lease.token}`,
    'content-type': 'application/octet-stream',
    'content-digest': `sha-256=:${digest}:`,
    'pathfold-report': Buffer.from(JSON.stringify(report)).toString('base64url'),
  };
  const put = (extra: Record<string, string>, body: Uint8Array) =>
    new Promise<number | undefined>((resolve, reject) => {
      const call = request(url(), { method: 'PUT', headers: { ...headers, ...extra } }, (answer) => {
        resolve(answer.statusCode);
        call.destroy();
      });
      call.on('error', reject);
      call.write(body);
    });
  expect(await put({ 'content-length': `${10 * 1024 ** 3}` }, payload)).toBe(413);
  expect(
    await put({ 'content-range': `bytes 0-99/${10 * 1024 ** 3}`, 'content-length': '100' }, payload.slice(0, 100)),
  ).toBe(413);
  expect(await put({ 'transfer-encoding': 'chunked' }, new Uint8Array(lease.maxPayloadBytes + 100_000))).toBe(413);
  expect((await one.upload(lease, { payload, report })).status).toBe(201);
});

test('U4: a truncated upload goes on from the offset that HEAD answers', async () => {
  const work = one.work(lease);
  const { payload } = work;
  await new Promise<void>((resolve) => {
    const digest = createHash('sha256').update(payload).digest('base64');
    const headers = {
      authorization: `Bearer ${lease.token}`,
      'content-type': 'application/octet-stream',
      'content-length': `${payload.length}`,
      'content-digest': `sha-256=:${digest}:`,
      'pathfold-report': Buffer.from(JSON.stringify(work.report)).toString('base64url'),
    };
    const call = request(url(), { method: 'PUT', headers });
    call.on('error', () => resolve());
    call.write(payload.slice(0, 1000), () => setTimeout(() => call.destroy(new Error('the network broke')), 100));
  });
  const head = () => fetch(url(), { method: 'HEAD', headers: { authorization: `Bearer ${lease.token}` } });
  const offset = await until('the first part', async () => Number((await head()).headers.get('upload-offset')));
  expect(offset).toBe(1000);
  const range = (from: number, end: number) => ({ 'content-range': `bytes ${from}-${end - 1}/${payload.length}` });
  const gap = await one.upload(lease, work, range(2000, payload.length), payload.slice(2000));
  expect(await codeOf(gap)).toBe('range_not_satisfiable');
  const middle = await one.upload(lease, work, range(1000, 3000), payload.slice(1000, 3000));
  expect([middle.status, middle.headers.get('upload-offset')]).toEqual([202, '3000']);
  const last = await one.upload(lease, work, range(3000, payload.length), payload.slice(3000));
  expect(last.status).toBe(201);
  expect(await settled('checked')).toMatchObject({ lease: lease.lease });
  expect((await head()).headers.get('upload-offset')).toBe(`${payload.length}`);
});

/** Begins an upload and sends no more of it than its beginning; answers when the coordinator has given it up. */
const stalled = async (work: { payload: Uint8Array; report: object }) => {
  const headers = {
    authorization: `Bearer ${lease.token}`,
    'content-type': 'application/octet-stream',
    'content-length': `${work.payload.length}`,
    'content-digest': `sha-256=:${createHash('sha256').update(work.payload).digest('base64')}:`,
    'pathfold-report': Buffer.from(JSON.stringify(work.report)).toString('base64url'),
  };
  const call = request(url(), { method: 'PUT', headers });
  const over = new Promise<void>((resolve) => call.on('error', () => resolve()));
  call.write(work.payload.slice(0, 1000));
  const folder = join(coordinator.folder, 'blobs', 'uploads');
  const files = () => readdir(folder);
  await until('the upload to begin', async () => (await files()).length === 1);
  return { over, files };
};

test('U4: an upload over a network that is gone is broken off, and another goes on where it stopped', async () => {
  const work = one.work(lease);
  const { payload } = work;
  const { over } = await stalled(work);
  const head = await fetch(url(), { method: 'HEAD', headers: { authorization: `Bearer ${lease.token}` } });
  await over;
  const from = Number(head.headers.get('upload-offset'));
  const range = { 'content-range': `bytes ${from}-${payload.length - 1}/${payload.length}` };
  expect((await one.upload(lease, work, range, payload.slice(from))).status).toBe(201);
  await settled('checked');
});

test('an upload that stalls ends with its lease, and leaves no file', async () => {
  const { over, files } = await stalled(one.work(lease));
  one.send({ type: 'release', lease: lease.lease, code: 'user', detail: '' });
  await over;
  await until('its file to go', async () => (await files()).length === 0);
});

test('a paused run takes its leases back; nothing that comes later counts', async () => {
  await coordinator.ask({ method: 'POST', url: `/api/v1/runs/${run.id}/pause`, headers: asOperator });
  expect(await one.next('revoke')).toMatchObject({ lease: lease.lease, code: 'run_paused' });
  expect(await codeOf(await one.upload(lease, one.work(lease)))).toBe('lease_ended');
  one.ready();
  expect((await one.next('idle')).code).toBe('run_paused');
  await coordinator.ask({ method: 'POST', url: `/api/v1/runs/${run.id}/resume`, headers: asOperator });
  await one.next('lease');
});

test('an upload of no type is refused, and hears which one is accepted', async () => {
  const headers = {
    authorization: `Bearer ${lease.token}`,
    'content-digest': `sha-256=:${createHash('sha256').digest('base64')}:`,
    'pathfold-report': Buffer.from(JSON.stringify(one.work(lease).report)).toString('base64url'),
  };
  const answer = await fetch(url(), { method: 'PUT', headers });
  expect(answer.status).toBe(415);
  expect(await answer.json()).toMatchObject({
    code: 'unsupported_media_type',
    detail: 'Send application/octet-stream.',
  });
});
