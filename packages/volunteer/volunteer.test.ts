import { createHash } from 'node:crypto';
import { memoryBlobs } from '@pathfold/blobs/memory';
import type { LeaseMessage } from '@pathfold/protocol/down';
import { PathfoldError } from '@pathfold/protocol/errors';
import type { Swarm } from '@pathfold/swarm/swarm';
import type { WorkResult } from '@pathfold/works/work-run';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { WebSocket } from 'ws';
import { createIdentity, type Identity } from './identity.ts';
import { memoryNotes } from './notes.ts';
import type { Compute, Job, JobPorts, Socket, VolunteerPorts } from './ports.ts';
import { ScriptedCoordinator } from './scripted-coordinator.ts';
import { createVolunteer, type Volunteer } from './volunteer.ts';

/** One job that the volunteer gave to its compute worker, held open until the test ends it. */
interface OpenJob {
  readonly job: Job;
  readonly ports: JobPorts;
  readonly signal: AbortSignal;
  finish(result?: Partial<WorkResult>): void;
  fail(error: Error): void;
}

const PAYLOAD = Uint8Array.from({ length: 50_000 }, (_, i) => i % 251);
const RESULT: WorkResult = { payload: PAYLOAD, steps: 4, tokens: 400, computeMs: 10, loss: 2, keep: null };

function scriptedCompute() {
  const jobs: OpenJob[] = [];
  const probes: string[] = [];
  const waiting: ((job: OpenJob) => void)[] = [];
  const compute: Compute = {
    async probe(choice) {
      probes.push(choice);
      return { executor: { name: 'toy', adapter: 'toy', tokensPerSecond: 100 }, tried: [] };
    },
    execute: (job, ports, signal) =>
      new Promise((resolve, reject) => {
        const open: OpenJob = {
          ...{ job, ports, signal },
          finish: (result) => resolve({ ...RESULT, ...result }),
          fail: reject,
        };
        jobs.push(open);
        waiting.shift()?.(open);
      }),
    setThrottle: () => {},
    kill: () => jobs.at(-1)?.fail(new PathfoldError('worker_crashed', 'ended')),
  };
  return { compute, jobs, probes, nextJob: () => new Promise<OpenJob>((resolve) => waiting.push(resolve)) };
}

let coordinator: ScriptedCoordinator;
let identity: Identity;
let device: ReturnType<typeof scriptedCompute>;
let ports: VolunteerPorts;
let volunteer: Volunteer;

beforeEach(async () => {
  coordinator = await ScriptedCoordinator.start();
  identity = await createIdentity();
  device = scriptedCompute();
  ports = {
    ...{ url: coordinator.url, agent: 'node', name: 'test', identity, fetch, compute: device.compute },
    ...{ blobs: memoryBlobs(), cacheBytes: 1e9, notes: memoryNotes(), memoryBytes: 1e9, openSwarm: null },
    openSocket: (url) => new WebSocket(url) as unknown as Socket,
    now: () => performance.now(),
    after(ms, callback) {
      const timer = setTimeout(callback, ms);
      return () => clearTimeout(timer);
    },
    random: () => 0,
  };
  volunteer = await createVolunteer(ports);
});
afterEach(async () => {
  volunteer.stopNow();
  await coordinator.stop();
});

const status = () => volunteer.snapshot().status.code;
const until = (check: () => void) => vi.waitFor(check, { timeout: 10_000, interval: 10 });

/** Starts the volunteer and gives it a lease; answers when it computes. */
async function takeLease(changes: Partial<LeaseMessage> = {}): Promise<{ lease: LeaseMessage; job: OpenJob }> {
  const [ready, next] = [coordinator.next('ready'), device.nextJob()];
  volunteer.start('automatic');
  await ready;
  const lease = coordinator.lease({ path: '0', round: 3, steps: 9 }, changes);
  coordinator.say(lease);
  return { lease, job: await next };
}

test('proves who it is, takes a lease, computes, hands in, and asks again', async () => {
  const { lease, job } = await takeLease();
  expect(coordinator.heard[0]).toMatchObject({ type: 'hello', publicKey: identity.publicKey, resume: null });
  expect(job.job).toMatchObject({ kind: 'toy', body: lease.body });
  expect(job.job.deadlineMs).toBeLessThan(lease.durationMs);
  expect(status()).toBe('fetching');
  job.ports.onProgress({ steps: 2, loss: 3, tokensPerSecond: 50 });
  expect(await coordinator.next('progress')).toMatchObject({ lease: lease.lease, steps: 2, loss: 3 });
  expect(volunteer.snapshot()).toMatchObject({ status: { code: 'computing' }, work: { round: 3, plannedSteps: 9 } });
  const again = coordinator.next('ready');
  job.finish();
  await again;
  expect(new Uint8Array(coordinator.uploads.get(lease.lease)!)).toEqual(PAYLOAD);
  const put = coordinator.requests.find(({ method }) => method === 'PUT')!;
  const digest = createHash('sha256').update(PAYLOAD).digest('base64');
  expect(put.headers).toMatchObject({
    authorization: `Bearer ${lease.token}`,
    'content-digest': `sha-256=:${digest}:`,
  });
  const report = JSON.parse(Buffer.from(String(put.headers['pathfold-report']), 'base64url').toString());
  expect(report).toMatchObject({ steps: 4, tokens: 400, executor: { name: 'toy' } });
  coordinator.settle(lease.lease, 'checked');
  await until(() => expect(volunteer.snapshot()).toMatchObject({ credit: 7, outcomes: [{ state: 'checked' }] }));
});

test('a dropped network interrupts no step: the lease goes on when the welcome lists it', async () => {
  const { lease, job } = await takeLease();
  job.ports.onComputing();
  coordinator.held = [lease.lease];
  const hello = coordinator.next('hello');
  coordinator.cut();
  expect((await hello).resume).toBe('r1');
  await coordinator.next('ping');
  expect(job.signal.aborted).toBe(false);
  job.finish();
  await until(() => expect(coordinator.uploads.has(lease.lease)).toBe(true));
  expect(coordinator.heard.some(({ type }) => type === 'release')).toBe(false);
});

test('work whose lease is gone after a reconnect is thrown away', async () => {
  const { lease, job } = await takeLease();
  job.ports.onComputing();
  coordinator.cut();
  await until(() => expect(job.signal.aborted).toBe(true));
  const ready = coordinator.next('ready');
  job.finish();
  await ready;
  expect(coordinator.uploads.has(lease.lease)).toBe(false);
});

test('a lease that the coordinator names and nobody here holds is given back', async () => {
  coordinator.held = ['lost'];
  const release = coordinator.next('release');
  volunteer.start('automatic');
  expect(await release).toMatchObject({ lease: 'lost' });
});

test('a revoked lease stops and is neither uploaded nor released', async () => {
  const { lease, job } = await takeLease();
  job.ports.onComputing();
  coordinator.say({ type: 'revoke', lease: lease.lease, code: 'round_over', detail: '' });
  await until(() => expect(job.signal.aborted).toBe(true));
  const ready = coordinator.next('ready');
  job.finish();
  await ready;
  expect(coordinator.uploads.size).toBe(0);
  expect(coordinator.heard.some(({ type }) => type === 'release')).toBe(false);
});

test('a state to keep counts only once its contribution is accepted', async () => {
  const { lease, job } = await takeLease();
  const keep = { name: 'path 0', bytes: Uint8Array.of(1) };
  expect(await job.ports.kept('path 0')).toBeNull();
  let [ready, next] = [coordinator.next('ready'), device.nextJob()];
  job.finish({ keep });
  await ready;
  coordinator.settle(lease.lease, 'checked');
  const second = coordinator.lease({});
  coordinator.say(second);
  const secondJob = await next;
  expect(await secondJob.ports.kept('path 0')).toEqual(Uint8Array.of(1));
  expect(await secondJob.ports.kept('path 1')).toBeNull();

  [ready, next] = [coordinator.next('ready'), device.nextJob()];
  secondJob.finish({ keep: { name: 'path 0', bytes: Uint8Array.of(2) } });
  await ready;
  coordinator.settle(second.lease, 'rejected', 'wrong_size');
  coordinator.say(coordinator.lease({}));
  expect(await (await next).ports.kept('path 0')).toEqual(Uint8Array.of(1));
  expect(volunteer.snapshot().outcomes[0]).toMatchObject({ state: 'rejected', code: 'wrong_size' });
});

test('a rejection that makes the device suspect is followed by a new self-test', async () => {
  const { lease, job } = await takeLease();
  const ready = coordinator.next('ready');
  job.finish();
  await ready;
  const tested = coordinator.next('ready');
  coordinator.settle(lease.lease, 'rejected', 'not_finite');
  await tested;
  expect(device.probes).toEqual(['automatic', 'automatic']);
});

test('an upload that breaks goes on where it stopped', async () => {
  const { lease, job } = await takeLease();
  coordinator.breakUploadAfter(1000);
  job.finish();
  await until(() => expect(coordinator.uploads.has(lease.lease)).toBe(true));
  expect(new Uint8Array(coordinator.uploads.get(lease.lease)!)).toEqual(PAYLOAD);
  const ranges = coordinator.requests.filter(({ method }) => method === 'PUT').map((r) => r.headers['content-range']);
  expect(ranges).toEqual([undefined, `bytes 1000-49999/50000`]);
});

test('an upload that the coordinator refuses is reported and given up', async () => {
  const { lease, job } = await takeLease();
  coordinator.onUpload = (_lease, response) => {
    response.writeHead(410).end(JSON.stringify({ code: 'lease_ended', detail: 'Too late.' }));
    return true;
  };
  const ready = coordinator.next('ready');
  job.finish();
  await ready;
  const outcome = { lease: lease.lease, state: 'rejected', code: 'lease_ended', detail: 'Too late.' };
  expect(volunteer.snapshot()).toMatchObject({ uploads: [], outcomes: [outcome] });
});

test('an upload that is not done when the person stops is handed in at the next visit', async () => {
  const { lease, job } = await takeLease();
  coordinator.onUpload = () => true;
  job.finish();
  await until(() => expect(status()).toBe('uploading'));
  volunteer.stopNow();
  expect(volunteer.snapshot().status.sentence).toContain('kept');
  coordinator.onUpload = null;
  volunteer = await createVolunteer(ports);
  expect(volunteer.snapshot().uploads).toHaveLength(1);
  volunteer.start('automatic');
  await until(() => expect(coordinator.uploads.has(lease.lease)).toBe(true));
  await until(async () => expect(await ports.notes.names()).toEqual(['resume']));
});

test('pause hands in what was done and takes no more work until resume', async () => {
  const { lease, job } = await takeLease();
  job.ports.onComputing();
  volunteer.pause();
  expect(job.signal.aborted).toBe(true);
  job.finish({ steps: 1 });
  await until(() => expect(coordinator.uploads.has(lease.lease)).toBe(true));
  await until(() => expect(status()).toBe('paused'));
  const ready = coordinator.next('ready');
  volunteer.resume();
  await ready;
});

test('stop gives the work back, even when the step in hand does not end', async () => {
  const { lease, job } = await takeLease();
  job.ports.onComputing();
  const release = coordinator.next('release');
  volunteer.stopNow();
  expect(job.signal.aborted).toBe(true);
  expect(await release).toMatchObject({ lease: lease.lease, code: 'user' });
  expect(status()).toBe('stopped');
  expect(volunteer.snapshot().connected).toBe(false);
});

test('finish does the work to its end, hands it in, hears that it was accepted, and stops', async () => {
  const { lease, job } = await takeLease();
  volunteer.finish();
  expect(status()).toBe('finishing');
  expect(job.signal.aborted).toBe(false);
  job.finish();
  await until(() => expect(coordinator.uploads.has(lease.lease)).toBe(true));
  coordinator.settle(lease.lease, 'checked');
  await until(() => expect(status()).toBe('stopped'));
  expect(volunteer.snapshot().credit).toBe(7);
});

test('a crash of the worker gives the lease back with its reason, and work goes on with a new worker', async () => {
  const { lease, job } = await takeLease();
  const [release, ready] = [coordinator.next('release'), coordinator.next('ready')];
  job.fail(new PathfoldError('worker_crashed', 'segmentation fault'));
  expect(await release).toMatchObject({ lease: lease.lease, code: 'worker_crashed', detail: 'segmentation fault' });
  await ready;
  expect(device.probes).toHaveLength(2);
});

test('a device that computes wrongly does not take part, and says why', async () => {
  device.compute.probe = () => Promise.reject(new PathfoldError('self_test_failed', 'matmul differs by 3'));
  volunteer.start('gpu');
  await until(() => expect(status()).toBe('refused'));
  expect(volunteer.snapshot().status.sentence).toContain('matmul differs by 3');
  expect(coordinator.heard.some(({ type }) => type === 'ready')).toBe(false);
});

test('a blob comes from the store, else from a peer, else from the coordinator; a liar costs one more try', async () => {
  const blob = coordinator.store(PAYLOAD);
  const lying: Swarm = {
    ...{ receive: () => {}, have: () => {}, close: () => {} },
    fetch: async () => PAYLOAD.map((byte) => byte ^ 1),
  };
  volunteer = await createVolunteer({ ...ports, openSwarm: () => lying });
  volunteer.setSharing(true);
  const { job } = await takeLease();
  coordinator.breakBlobAfter = 20_000;
  expect(await job.ports.blob(blob)).toEqual(PAYLOAD);
  const asked = coordinator.requests.filter(({ path }) => path.includes('/blobs/'));
  expect(asked.map(({ headers }) => headers.range)).toEqual([undefined, 'bytes=20000-']);
  coordinator.blobs.clear();
  expect(await job.ports.blob(blob)).toEqual(PAYLOAD);
  expect(volunteer.snapshot().traffic.fromCoordinatorBytes).toBe(50_000);
});

test('once agreed, and while it takes part, a volunteer tells what it serves', async () => {
  const blob = coordinator.store(PAYLOAD);
  const served: (readonly string[])[] = [];
  let closed = 0;
  const quiet: Swarm = {
    ...{ receive: () => {}, have: (blobs) => void served.push(blobs), fetch: async () => null },
    close: () => void closed++,
  };
  volunteer = await createVolunteer({ ...ports, openSwarm: () => quiet });
  const { job } = await takeLease();
  await job.ports.blob(blob);
  expect(served).toEqual([]);
  volunteer.setSharing(true);
  expect(served.at(-1)).toEqual([blob.sha256]);
  const withdrawn = coordinator.next('have');
  volunteer.setSharing(false);
  expect((await withdrawn).blobs).toEqual([]);
  volunteer.setSharing(true);
  volunteer.stopNow();
  expect(closed).toBe(2);
});

test('a full disk costs no work: what was computed is handed in from memory', async () => {
  const full = () => Promise.reject(new Error('no space left on device'));
  const blobs = { ...memoryBlobs(), put: full };
  volunteer = await createVolunteer({ ...ports, blobs, notes: { ...memoryNotes(), write: full } });
  const blob = coordinator.store(PAYLOAD);
  const { lease, job } = await takeLease();
  expect(await job.ports.blob(blob)).toEqual(PAYLOAD);
  const ready = coordinator.next('ready');
  job.finish({ keep: { name: 'path 0', bytes: Uint8Array.of(1) } });
  await ready;
  expect(coordinator.uploads.has(lease.lease)).toBe(true);
  const next = device.nextJob();
  coordinator.settle(lease.lease, 'checked');
  coordinator.say(coordinator.lease({}));
  expect(await (await next).ports.kept('path 0')).toBeNull();
});

test('without agreement no peer is asked', async () => {
  const openSwarm = vi.fn(() => {
    throw new Error('not agreed');
  });
  volunteer = await createVolunteer({ ...ports, openSwarm });
  const { job } = await takeLease();
  await expect(job.ports.blob({ sha256: 'a'.repeat(64), bytes: 3 })).rejects.toMatchObject({
    code: 'blob_unavailable',
  });
  expect(openSwarm).not.toHaveBeenCalled();
});

test('an old page is told to reload and does not try again', async () => {
  volunteer.start('automatic');
  await until(() => expect(volunteer.snapshot().connected).toBe(true));
  coordinator.say({ type: 'error', code: 'protocol_too_old', detail: 'Versions 2 to 3.', fatal: true });
  await until(() => expect(status()).toBe('refused'));
  expect(volunteer.snapshot().status.sentence).toContain('Reload the page.');
  expect(volunteer.snapshot().connected).toBe(false);
});

test('a coordinator that is away is found again', async () => {
  volunteer.start('automatic');
  await until(() => expect(volunteer.snapshot().connected).toBe(true));
  const { port } = coordinator;
  await coordinator.stop();
  await until(() => expect(status()).toBe('offline'));
  coordinator = await ScriptedCoordinator.start(port);
  await until(() => expect(status()).toBe('waiting'));
});

test('a silent coordinator is left and tried again', async () => {
  coordinator.silenceMs = 300;
  coordinator.heartbeatMs = 100_000;
  volunteer.start('automatic');
  await coordinator.next('ready');
  expect((await coordinator.next('hello')).resume).toBe('r1');
});
