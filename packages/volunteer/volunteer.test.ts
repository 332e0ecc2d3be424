import { createHash } from 'node:crypto';
import { PathfoldError } from '@pathfold/protocol/errors';
import { expect, test, vi } from 'vitest';
import { PAYLOAD, until, useScene } from './scene.fixture.ts';
import { ScriptedCoordinator } from './scripted-coordinator.fixture.ts';

const scene = useScene();

test('proves who it is, takes a lease, computes, hands in, and asks again', async () => {
  const { lease, job } = await scene.takeLease();
  expect(scene.coordinator.heard[0]).toMatchObject({
    type: 'hello',
    publicKey: scene.identity.publicKey,
    resume: null,
  });
  expect(job.job).toMatchObject({ kind: 'toy', body: lease.body });
  expect(job.job.deadlineMs).toBeLessThan(lease.durationMs);
  expect(scene.status).toBe('fetching');
  job.ports.onProgress({ steps: 2, loss: 3, tokensPerSecond: 50 });
  expect(await scene.coordinator.next('progress')).toMatchObject({ lease: lease.lease, steps: 2, loss: 3 });
  expect(scene.volunteer.snapshot()).toMatchObject({
    status: { code: 'computing' },
    work: { round: 3, plannedSteps: 9 },
  });
  const again = scene.coordinator.next('ready');
  job.finish();
  await again;
  expect(new Uint8Array(scene.coordinator.uploads.get(lease.lease)!)).toEqual(PAYLOAD);
  const put = scene.coordinator.requests.find(({ method }) => method === 'PUT')!;
  const digest = createHash('sha256').update(PAYLOAD).digest('base64');
  expect(put.headers).toMatchObject({
    authorization: `Bearer ${lease.token}`,
    'content-digest': `sha-256=:${digest}:`,
  });
  const report = JSON.parse(Buffer.from(String(put.headers['pathfold-report']), 'base64url').toString());
  const executor = { name: 'toy', adapter: 'toy', tokensPerSecond: 100 };
  expect(report).toMatchObject({ steps: 4, tokens: 400, executor });
  scene.coordinator.settle(lease.lease, 'checked');
  await until(() => expect(scene.volunteer.snapshot()).toMatchObject({ credit: 7, outcomes: [{ state: 'checked' }] }));
});

test('a dropped network interrupts no step: the lease goes on when the welcome lists it', async () => {
  const { lease, job } = await scene.takeLease();
  job.ports.onComputing();
  scene.coordinator.held = [lease.lease];
  const hello = scene.coordinator.next('hello');
  scene.coordinator.cut();
  expect((await hello).resume).toBe('r1');
  await scene.coordinator.next('ping');
  expect(job.signal.aborted).toBe(false);
  job.finish();
  await until(() => expect(scene.coordinator.uploads.has(lease.lease)).toBe(true));
  expect(scene.coordinator.heard.some(({ type }) => type === 'release')).toBe(false);
});

test('work whose lease is gone after a reconnect is thrown away', async () => {
  const { lease, job } = await scene.takeLease();
  job.ports.onComputing();
  scene.coordinator.cut();
  await until(() => expect(job.signal.aborted).toBe(true));
  const ready = scene.coordinator.next('ready');
  job.finish();
  await ready;
  expect(scene.coordinator.uploads.has(lease.lease)).toBe(false);
});

test('a lease that the coordinator names and nobody here holds is given back', async () => {
  scene.coordinator.held = ['lost'];
  const release = scene.coordinator.next('release');
  scene.volunteer.start('automatic');
  expect(await release).toMatchObject({ lease: 'lost' });
});

test('a revoked lease stops and is neither uploaded nor released', async () => {
  const { lease, job } = await scene.takeLease();
  job.ports.onComputing();
  scene.coordinator.say({ type: 'revoke', lease: lease.lease, code: 'round_over', detail: '' });
  await until(() => expect(job.signal.aborted).toBe(true));
  const ready = scene.coordinator.next('ready');
  job.finish();
  await ready;
  expect(scene.coordinator.uploads.size).toBe(0);
  expect(scene.coordinator.heard.some(({ type }) => type === 'release')).toBe(false);
});

test('a rejection that makes the device suspect is followed by a new self-test', async () => {
  const { lease, job } = await scene.takeLease();
  const ready = scene.coordinator.next('ready');
  job.finish();
  await ready;
  const tested = scene.coordinator.next('ready');
  scene.coordinator.settle(lease.lease, 'rejected', 'not_finite');
  await tested;
  expect(scene.device.probes).toEqual(['automatic', 'automatic']);
});

test('pause hands in what was done and takes no more work until resume', async () => {
  const { lease, job } = await scene.takeLease();
  job.ports.onComputing();
  scene.volunteer.pause();
  expect(job.signal.aborted).toBe(true);
  job.finish({ steps: 1 });
  await until(() => expect(scene.coordinator.uploads.has(lease.lease)).toBe(true));
  await until(() => expect(scene.status).toBe('paused'));
  const ready = scene.coordinator.next('ready');
  scene.volunteer.resume();
  await ready;
});

test('stop gives the work back, even when the step in hand does not end', async () => {
  const { lease, job } = await scene.takeLease();
  job.ports.onComputing();
  const release = scene.coordinator.next('release');
  scene.volunteer.stopNow();
  expect(job.signal.aborted).toBe(true);
  expect(await release).toMatchObject({ lease: lease.lease, code: 'user' });
  expect(scene.status).toBe('stopped');
  expect(scene.volunteer.snapshot().connected).toBe(false);
});

test('finish does the work to its end, hands it in, hears that it was accepted, and stops', async () => {
  const { lease, job } = await scene.takeLease();
  scene.volunteer.finish();
  expect(scene.status).toBe('finishing');
  expect(job.signal.aborted).toBe(false);
  job.finish();
  await until(() => expect(scene.coordinator.uploads.has(lease.lease)).toBe(true));
  scene.coordinator.settle(lease.lease, 'checked');
  await until(() => expect(scene.status).toBe('stopped'));
  expect(scene.volunteer.snapshot().credit).toBe(7);
});

test('a crash of the worker gives the lease back with its reason, and work goes on with a new worker', async () => {
  const { lease, job } = await scene.takeLease();
  const [release, ready] = [scene.coordinator.next('release'), scene.coordinator.next('ready')];
  job.fail(new PathfoldError('worker_crashed', 'segmentation fault'));
  expect(await release).toMatchObject({ lease: lease.lease, code: 'worker_crashed', detail: 'segmentation fault' });
  await ready;
  expect(scene.device.probes).toHaveLength(2);
});

test.each(['device_lost', 'out_of_memory', 'loss_not_finite'] as const)(
  'work that ends in %s gives its lease back with what happened',
  async (code) => {
    const { lease, job } = await scene.takeLease();
    const release = scene.coordinator.next('release');
    job.fail(new PathfoldError(code, 'in the third step'));
    expect(await release).toMatchObject({ lease: lease.lease, code, detail: 'in the third step' });
  },
);

test('a device that computes wrongly does not take part, and says why', async () => {
  scene.device.compute.probe = () => Promise.reject(new PathfoldError('self_test_failed', 'matmul differs by 3'));
  scene.volunteer.start('gpu');
  await until(() => expect(scene.status).toBe('refused'));
  expect(scene.volunteer.snapshot().status.sentence).toContain('matmul differs by 3');
  expect(scene.coordinator.heard.some(({ type }) => type === 'ready')).toBe(false);
});

test('an old page is told to reload and does not try again', async () => {
  scene.volunteer.start('automatic');
  await until(() => expect(scene.volunteer.snapshot().connected).toBe(true));
  scene.coordinator.say({ type: 'error', code: 'protocol_too_old', detail: 'Versions 2 to 3.', fatal: true });
  await until(() => expect(scene.status).toBe('refused'));
  expect(scene.volunteer.snapshot().status.sentence).toContain('Reload the page.');
  expect(scene.volunteer.snapshot().connected).toBe(false);
});

test('a coordinator that is away is found again', async () => {
  scene.volunteer.start('automatic');
  await until(() => expect(scene.volunteer.snapshot().connected).toBe(true));
  const { port } = scene.coordinator;
  await scene.coordinator.stop();
  await until(() => expect(scene.status).toBe('offline'));
  scene.coordinator = await ScriptedCoordinator.start(port);
  await until(() => expect(scene.status).toBe('waiting'));
});

test('a silent coordinator is left and tried again', async () => {
  scene.coordinator.silenceMs = 300;
  scene.coordinator.heartbeatMs = 100_000;
  scene.volunteer.start('automatic');
  await scene.coordinator.next('ready');
  expect((await scene.coordinator.next('hello')).resume).toBe('r1');
});

test('a test of a device that never answers ends with a pause; what it still says counts for nothing', async () => {
  const failures: ((error: Error) => void)[] = [];
  const { probe } = scene.device.compute;
  const kill = vi.fn();
  scene.device.compute.kill = kill;
  scene.device.compute.probe = () => new Promise((_, reject) => void failures.push(reject));
  scene.volunteer.start('automatic');
  await until(() => expect(scene.status).toBe('testing'));
  scene.volunteer.pause();
  expect(kill).toHaveBeenCalledOnce();
  expect(scene.volunteer.snapshot().status.sentence).toBe('Paused. Nothing is computed.');
  scene.volunteer.resume();
  scene.device.compute.probe = probe;
  const ready = scene.coordinator.next('ready');
  scene.volunteer.start('cpu');
  await ready;
  expect(failures).toHaveLength(2);
  for (const fail of failures) fail(new PathfoldError('worker_crashed', 'ended'));
  await new Promise((resolve) => setTimeout(resolve));
  expect(scene.volunteer.snapshot().executor).not.toBeNull();
});
