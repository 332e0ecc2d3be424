import { memoryBlobs } from '@pathfold/blobs/memory';
import { Report } from '@pathfold/protocol/report';
import { expect, test } from 'vitest';
import { PAYLOAD, until, useScene } from '../scene.fixture.ts';
import { memoryNotes } from '../storage/notes.ts';

const scene = useScene();

test('a state to keep counts only once its contribution is accepted', async () => {
  const { lease, job } = await scene.takeLease();
  const keep = { name: 'path 0', bytes: Uint8Array.of(1) };
  expect(await job.ports.kept('path 0')).toBeNull();
  let [ready, next] = [scene.coordinator.next('ready'), scene.device.nextJob()];
  job.finish({ keep });
  await ready;
  scene.coordinator.settle(lease.lease, 'checked');
  const second = scene.coordinator.lease({});
  scene.coordinator.say(second);
  const secondJob = await next;
  expect(await secondJob.ports.kept('path 0')).toEqual(Uint8Array.of(1));
  expect(await secondJob.ports.kept('path 1')).toBeNull();

  [ready, next] = [scene.coordinator.next('ready'), scene.device.nextJob()];
  secondJob.finish({ keep: { name: 'path 0', bytes: Uint8Array.of(2) } });
  await ready;
  scene.coordinator.settle(second.lease, 'rejected', 'wrong_size');
  scene.coordinator.say(scene.coordinator.lease({}));
  expect(await (await next).ports.kept('path 0')).toEqual(Uint8Array.of(1));
  expect(scene.volunteer.snapshot().outcomes[0]).toMatchObject({ state: 'rejected', code: 'wrong_size' });
});

test('the reason of the device is told with the wish for work, and in the record', async () => {
  const { lease, job } = await scene.takeLease();
  const reason = 'no other was looked at';
  const asked = scene.coordinator.heard.find((message) => message.type === 'ready');
  expect(asked?.executor.reason).toBe(reason);
  job.finish();
  await until(() => expect(scene.coordinator.uploads.has(lease.lease)).toBe(true));
  const header = scene.coordinator.requests.at(-1)!.headers['pathfold-report'] as string;
  const { executor } = Report.parse(JSON.parse(Buffer.from(header, 'base64url').toString()));
  expect(executor).toEqual({ name: 'toy', adapter: 'toy', tokensPerSecond: 100, reason });
});

test('an upload that breaks goes on where it stopped', async () => {
  const { lease, job } = await scene.takeLease();
  scene.coordinator.breakUploadAfter(1000);
  job.finish();
  await until(() => expect(scene.coordinator.uploads.has(lease.lease)).toBe(true));
  expect(new Uint8Array(scene.coordinator.uploads.get(lease.lease)!)).toEqual(PAYLOAD);
  const ranges = scene.coordinator.requests
    .filter(({ method }) => method === 'PUT')
    .map((r) => r.headers['content-range']);
  expect(ranges).toEqual([undefined, `bytes 1000-49999/50000`]);
});

test('an upload that the coordinator refuses is reported and given up', async () => {
  const { lease, job } = await scene.takeLease();
  scene.coordinator.onUpload = (_lease, response) => {
    response.writeHead(410).end(JSON.stringify({ code: 'lease_ended', detail: 'Too late.' }));
    return true;
  };
  const ready = scene.coordinator.next('ready');
  job.finish();
  await ready;
  const outcome = { lease: lease.lease, state: 'rejected', code: 'lease_ended', detail: 'Too late.' };
  expect(scene.volunteer.snapshot()).toMatchObject({ uploads: [], outcomes: [outcome] });
});

test('an upload that is not done when the person stops is handed in at the next visit', async () => {
  const { lease, job } = await scene.takeLease();
  scene.coordinator.onUpload = () => true;
  job.finish();
  await until(() => expect(scene.status).toBe('uploading'));
  scene.volunteer.stopNow();
  expect(scene.volunteer.snapshot().status.sentence).toContain('kept');
  scene.coordinator.onUpload = null;
  await scene.replace();
  expect(scene.volunteer.snapshot().uploads).toHaveLength(1);
  scene.volunteer.start('automatic');
  await until(() => expect(scene.coordinator.uploads.has(lease.lease)).toBe(true));
  await until(async () => expect(await scene.ports.notes.names()).toEqual(['resume']));
});

test('a full disk costs no work: what was computed is handed in from memory', async () => {
  const full = () => Promise.reject(new Error('no space left on device'));
  const blobs = { ...memoryBlobs(), put: full };
  await scene.replace({ blobs, notes: { ...memoryNotes(), write: full } });
  const blob = scene.coordinator.store(PAYLOAD);
  const { lease, job } = await scene.takeLease();
  expect(await job.ports.blob(blob)).toEqual(PAYLOAD);
  const ready = scene.coordinator.next('ready');
  job.finish({ keep: { name: 'path 0', bytes: Uint8Array.of(1) } });
  await ready;
  expect(scene.coordinator.uploads.has(lease.lease)).toBe(true);
  const next = scene.device.nextJob();
  scene.coordinator.settle(lease.lease, 'checked');
  scene.coordinator.say(scene.coordinator.lease({}));
  expect(await (await next).ports.kept('path 0')).toBeNull();
});

test('an upload on a connection that died is broken off, and resumed after the next welcome', async () => {
  let asleepMs = 0;
  await scene.replace({ now: () => performance.now() + asleepMs });
  const { coordinator } = scene;
  coordinator.heartbeatMs = 100_000;
  const { lease, job } = await scene.takeLease();
  coordinator.held = [lease.lease];
  const begun = new Promise<void>((resolve) => {
    coordinator.onUpload = () => {
      resolve();
      return true;
    };
  });
  job.finish();
  await begun;
  const hello = coordinator.next('hello');
  asleepMs = 2 * coordinator.silenceMs;
  // Any event: the mind sees how late it is.
  scene.volunteer.prefer(null);
  await hello;
  coordinator.onUpload = null;
  await until(() => expect(coordinator.uploads.has(lease.lease)).toBe(true));
  const asked = coordinator.requests.filter(({ path }) => path.includes('/contribution'));
  expect(asked.map(({ method }) => method)).toEqual(['PUT', 'HEAD', 'PUT']);
});

test('the time that a lease keeps free for its upload is measured on whole uploads that take a while', async () => {
  const durationMs = 60_000;
  const deadlineOf = async (finish: () => void) => {
    const [ready, next] = [scene.coordinator.next('ready'), scene.device.nextJob()];
    finish();
    await ready;
    scene.coordinator.say(scene.coordinator.lease({}, { durationMs }));
    const job = await next;
    return { job, deadlineMs: job.job.deadlineMs };
  };
  const first = await scene.takeLease({ durationMs });
  // 1 MB at 500 bytes a millisecond, half as much again, and a second.
  expect(first.job.job.deadlineMs).toBe(durationMs - 4000);
  const small = await deadlineOf(() => first.job.finish({ payload: new Uint8Array(20_000) }));
  expect(small.deadlineMs).toBe(durationMs - 4000);
  scene.coordinator.breakUploadAfter(1000);
  const large = { payload: new Uint8Array(300_000) };
  const resumed = await deadlineOf(() => small.job.finish(large));
  expect(resumed.deadlineMs).toBe(durationMs - 4000);
  const whole = await deadlineOf(() => resumed.job.finish(large));
  expect(whole.deadlineMs).not.toBe(durationMs - 4000);
});

test('what is handed in after a crash has its state: that is on the disk first', async () => {
  const notes = memoryNotes();
  const written: string[] = [];
  const write = (name: string, bytes: Uint8Array) => {
    written.push(name.split('.')[0]!);
    return notes.write(name, bytes);
  };
  await scene.replace({ blobs: memoryBlobs(), notes: { ...notes, write } });
  const { lease, job } = await scene.takeLease();
  job.finish({ keep: { name: 'path 0', bytes: Uint8Array.of(1) } });
  await until(() => expect(scene.coordinator.uploads.has(lease.lease)).toBe(true));
  expect(written.indexOf('staged')).toBeGreaterThanOrEqual(0);
  expect(written.indexOf('staged')).toBeLessThan(written.indexOf('upload'));
});
