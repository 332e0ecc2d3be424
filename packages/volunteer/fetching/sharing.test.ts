import type { Swarm } from '@pathfold/swarm/swarm';
import { expect, test, vi } from 'vitest';
import { PAYLOAD, until, useScene } from '../scene.fixture.ts';

const scene = useScene();

test('a blob comes from the store, else from a peer, else from the coordinator; a liar costs one more try', async () => {
  const blob = scene.coordinator.store(PAYLOAD);
  const lying: Swarm = {
    ...{ receive: () => {}, have: () => {}, limitUpload: () => {}, close: () => {} },
    fetch: async () => ({ bytes: PAYLOAD.map((byte) => byte ^ 1), holes: [] }),
  };
  await scene.replace({ openSwarm: () => lying });
  scene.volunteer.setSharing(true);
  const { job } = await scene.takeLease();
  scene.coordinator.breakBlobAfter = 20_000;
  expect(await job.ports.blob(blob)).toEqual(PAYLOAD);
  const asked = scene.coordinator.requests.filter(({ path }) => path.includes('/blobs/'));
  expect(asked.map(({ headers }) => headers.range)).toEqual([undefined, 'bytes=20000-']);
  scene.coordinator.blobs.clear();
  expect(await job.ports.blob(blob)).toEqual(PAYLOAD);
  expect(scene.volunteer.snapshot().traffic.fromCoordinatorBytes).toBe(50_000);
});

test('once agreed, and while it takes part, a volunteer tells what it serves', async () => {
  const blob = scene.coordinator.store(PAYLOAD);
  const served: (readonly string[])[] = [];
  const limits: number[] = [];
  let closed = 0;
  const quiet: Swarm = {
    ...{ receive: () => {}, have: (blobs) => void served.push(blobs), fetch: async () => null },
    limitUpload: (limit) => void limits.push(limit),
    close: () => void closed++,
  };
  await scene.replace({ openSwarm: () => quiet });
  const { job } = await scene.takeLease();
  await job.ports.blob(blob);
  expect(served).toEqual([]);
  scene.volunteer.setSharing(true);
  expect(served.at(-1)).toEqual([blob.sha256]);
  expect(limits).toEqual([Number.POSITIVE_INFINITY]);
  scene.volunteer.limitUpload(50_000);
  expect([limits.at(-1), scene.volunteer.snapshot().uploadLimit]).toEqual([50_000, 50_000]);
  const withdrawn = scene.coordinator.next('have');
  scene.volunteer.setSharing(false);
  expect((await withdrawn).blobs).toEqual([]);
  scene.volunteer.setSharing(true);
  expect(limits).toEqual([Number.POSITIVE_INFINITY, 50_000, 50_000]);
  scene.volunteer.stopNow();
  expect(closed).toBe(2);
});

test('without agreement no peer is asked', async () => {
  const openSwarm = vi.fn(() => {
    throw new Error('not agreed');
  });
  await scene.replace({ openSwarm });
  const { job } = await scene.takeLease();
  await expect(job.ports.blob({ sha256: 'a'.repeat(64), bytes: 3 })).rejects.toMatchObject({
    code: 'blob_unavailable',
  });
  expect(openSwarm).not.toHaveBeenCalled();
});

test('who is refused passes nothing on any more', async () => {
  let closed = 0;
  const quiet: Swarm = {
    ...{ receive: () => {}, have: () => {}, limitUpload: () => {}, fetch: async () => null },
    close: () => void closed++,
  };
  await scene.replace({ openSwarm: () => quiet });
  scene.volunteer.setSharing(true);
  await scene.takeLease();
  scene.coordinator.say({ type: 'error', code: 'banned', detail: '', fatal: true });
  await until(() => expect(closed).toBe(1));
});
