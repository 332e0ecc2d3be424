import { ScriptedVolunteer } from '@pathfold/volunteer/scripted/volunteer';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { LIMITS } from './config.ts';
import { createDesk } from './desk.ts';
import type { Host } from './host.ts';
import { createSigner } from './security/secrets.ts';
import type { Lists } from './store/lists.ts';
import { createRun, startTestCoordinator, type TestCoordinator } from './testing/coordinator.ts';

let test_: TestCoordinator;
let origin: string;
beforeAll(async () => {
  test_ = await startTestCoordinator({ limits: { messagesPerSecond: 1e6, messageBurst: 1e6 } });
  origin = await test_.listen();
  await createRun(test_, { replicas: 1 });
}, 60_000);
afterAll(() => test_.close());

const logged = async (type: string): Promise<number> => {
  const metrics = (await test_.ask({ url: '/metrics' })).body;
  return Number(new RegExp(`pathfold_events_total{type="${type}"} (\\d+)`).exec(metrics)?.[1] ?? 0);
};

test('one that works may ask as often as it has handed in', async () => {
  const volunteer = new ScriptedVolunteer(origin);
  await volunteer.join();
  for (let i = 0; i < 40; i++) {
    const lease = await volunteer.lease();
    expect((await volunteer.upload(lease, volunteer.work(lease))).status).toBe(201);
  }
  volunteer.leave();
});

test('a volunteer that keeps changing its mind is cut off, and the log does not grow with it', async () => {
  const volunteer = new ScriptedVolunteer(origin);
  await volunteer.join();
  const wishes = async () => (await logged('VolunteerAway')) + (await logged('VolunteerReady'));
  const before = await wishes();
  for (let i = 0; i < 300; i++) {
    volunteer.send({ type: 'away' });
    volunteer.ready();
  }
  expect((await volunteer.closing()).reason).toBe('too_many_messages');
  expect((await wishes()) - before).toBeLessThan(60);
});

test('one that gives each lease back at once is cut off too', async () => {
  const volunteer = new ScriptedVolunteer(origin);
  await volunteer.join();
  const before = await logged('LeaseGranted');
  for (let i = 0; i < 100 && !volunteer.closed; i++) {
    const lease = await volunteer.lease().catch(() => null);
    if (lease) volunteer.send({ type: 'release', lease: lease.lease, code: 'user', detail: '' });
  }
  expect((await volunteer.closing()).reason).toBe('too_many_messages');
  expect((await logged('LeaseGranted')) - before).toBeLessThan(60);
});

test('many identities of one network are no more than a quarter of the volunteers that it may have', async () => {
  const host = {
    state: { volunteers: {}, leases: {} },
    now: () => 0,
    record: async () => {},
    note: () => {},
  } as unknown as Host;
  const limits = { ...LIMITS, socketsPerAddress: 8, wishBurst: 10 };
  const desk = createDesk({ host, signer: createSigner('key'), lists: {} as Lists, limits, trusted: [] });
  const asks = async (volunteer: string, address: string) => {
    await desk.join({ name: 'one of many', agent: 'node', resume: null }, volunteer, address);
    for (let i = 0; i < 8; i++) desk.hear(volunteer, { type: 'away' });
  };
  await asks('a', '2001:db8:1::1');
  await asks('b', '2001:db8:1::2');
  await expect(asks('c', '2001:db8:1::3')).rejects.toThrow('too_many_messages');
  await asks('d', '2001:db8:2::1');
});
