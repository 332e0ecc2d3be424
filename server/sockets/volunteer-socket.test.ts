/** A list: the rules of PROTOCOL that are seen at a volunteer's socket, against one coordinator. */
import { randomBytes } from 'node:crypto';
import { ScriptedVolunteer } from '@pathfold/volunteer/scripted/volunteer.fixture';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { asOperator, createRun, startTestCoordinator, type TestCoordinator, until } from '../testing/coordinator.ts';

const SILENCE_MS = 4000;
let coordinator: TestCoordinator;
let origin: string;
let one: ScriptedVolunteer;
beforeAll(async () => {
  coordinator = await startTestCoordinator({
    trustProxy: 1,
    limits: { socketsPerAddress: 12, messagesPerSecond: 20, messageBurst: 40 },
    timings: { helloMs: 2500, silenceMs: SILENCE_MS },
  });
  origin = await coordinator.listen();
}, 60_000);
afterAll(() => coordinator.close());
beforeEach(() => {
  one = new ScriptedVolunteer(origin);
});

const hello = (versions = { min: 4, max: 4 }) =>
  one.send({ type: 'hello', versions, publicKey: one.publicKey, name: '', agent: 'node', resume: null });
const refusal = async () => {
  const { code, fatal } = await one.next('error');
  expect(fatal).toBe(true);
  await one.closing();
  return code;
};

describe('hello (rules H1 to H7)', () => {
  test('H1, H3, H4, H5: a proof of the key is welcomed under the id that follows from it', async () => {
    const welcome = await one.join();
    expect(welcome).toMatchObject({
      volunteer: one.id,
      credit: 0,
      leases: [],
      heartbeatMs: 10_000,
      silenceMs: SILENCE_MS,
    });
    one.leave();
  });

  test('H2: an older and a newer protocol are told what to do', async () => {
    await one.connect();
    hello({ min: 1, max: 3 });
    expect(await refusal()).toBe('protocol_too_old');
    await one.connect();
    hello({ min: 99, max: 100 });
    expect(await refusal()).toBe('protocol_too_new');
  });

  test('H3: a signature by another key is refused', async () => {
    await one.connect();
    hello();
    const { nonce } = await one.next('challenge');
    one.send({ type: 'prove', signature: new ScriptedVolunteer(origin).prove(nonce) });
    expect(await refusal()).toBe('bad_signature');
  });

  test('H3: a signature over an older nonce is refused', async () => {
    await one.connect();
    hello();
    const { nonce } = await one.next('challenge');
    one.leave();
    await one.connect();
    hello();
    await one.next('challenge');
    one.send({ type: 'prove', signature: one.prove(nonce) });
    expect(await refusal()).toBe('bad_signature');
  });

  test('work before the welcome is refused', async () => {
    await one.connect();
    one.ready();
    expect(await refusal()).toBe('bad_message');
  });

  test('H6: a second socket of the same identity replaces the first', async () => {
    await one.join();
    const first = one;
    const again = new ScriptedVolunteer(origin, one);
    await again.join();
    expect(await refusal()).toBe('replaced');
    expect(first.closed).not.toBeNull();
    again.ready();
    expect((await again.next('idle')).code).toBe('no_work');
    again.leave();
  });

  test('what the first of two sockets agreed to share is not asked of the second', async () => {
    const sha256 = '5'.repeat(64);
    await one.join();
    one.send({ type: 'have', blobs: [sha256] });
    const other = new ScriptedVolunteer(origin);
    await other.join();
    const holders = async () => {
      other.send({ type: 'want', sha256, bytes: 1000 });
      return (await other.next('peers')).peers;
    };
    await until('a holder', async () => (await holders()).includes(one.id));
    const again = new ScriptedVolunteer(origin, one);
    await again.join();
    expect(await holders()).toEqual([]);
    again.leave();
    other.leave();
  });

  test('H7: a banned volunteer is closed at once and refused from then on', async () => {
    await one.join();
    const ban = await coordinator.ask({ method: 'POST', url: `/api/v1/volunteers/${one.id}/ban`, headers: asOperator });
    expect(ban.statusCode).toBe(200);
    expect(await refusal()).toBe('banned');
    await expect(one.join()).rejects.toThrow();
    expect(await refusal()).toBe('banned');
  });
});

describe('messages (rules M1 to M5)', () => {
  test('M1: what is no JSON, fits no schema, or is binary ends the socket', async () => {
    for (const frame of [
      '{',
      '{"type":"dance"}',
      '[]',
      '{"type":"progress","lease":"x","steps":-1}',
      randomBytes(20),
    ]) {
      await one.join();
      one.sendRaw(frame);
      expect(await refusal()).toBe('bad_message');
    }
  });

  test('M1: an oversized frame ends the socket', async () => {
    await one.join();
    one.sendRaw(JSON.stringify({ type: 'ping', filler: 'x'.repeat(80_000) }));
    expect(await refusal()).toBe('message_too_large');
    await one.join();
    one.sendRaw('x'.repeat(5_000_000));
    expect((await one.closing()).code).toBe(1009);
  });

  test('M2: a flood ends the socket, and the others go on', async () => {
    const other = new ScriptedVolunteer(origin);
    await other.join();
    await one.join();
    for (let i = 0; i < 200; i++) one.send({ type: 'ping' });
    expect(await refusal()).toBe('too_many_messages');
    other.send({ type: 'ping' });
    await other.next('pong');
    other.leave();
  });

  test('M4: silence ends the socket, before the welcome and after it', async () => {
    await one.connect();
    expect(await refusal()).toBe('silent');
    await one.join();
    expect(await refusal()).toBe('silent');
  });
});

/** Its work goes to nobody: the volunteers of the next test are for the next run. */
const remove = (run: string) => coordinator.ask({ method: 'DELETE', url: `/api/v1/runs/${run}`, headers: asOperator });

test('M4: while the coordinator itself stands still nobody falls silent, and no lease is lost', async () => {
  const { id } = await createRun(coordinator, { replicas: 1 });
  await one.join();
  const { lease } = await one.lease();
  one.send({ type: 'ping' });
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, SILENCE_MS + 200);
  await one.next('pong');
  one.send({ type: 'ping' });
  await one.next('pong');
  expect(one.closed).toBeNull();
  expect(coordinator.coordinator.host.state.leases[lease]?.volunteer).toBe(one.id);
  await remove(id);
  one.leave();
});

test.each([
  ['address', () => '203.0.113.7'],
  ['IPv6 network', (i: number) => `2001:db8:7:${i}::1`],
])('sockets from one %s are bounded', async (_what, addressOf) => {
  const url = `${origin.replace('http', 'ws')}/api/v1/volunteer`;
  const crowd = Array.from(
    { length: 13 },
    (_, i) => new WebSocket(url, { headers: { 'x-forwarded-for': addressOf(i) } }),
  );
  const codes = await Promise.all(
    crowd.map(
      (socket) =>
        new Promise<number>((resolve) => {
          socket.on('close', resolve);
          socket.on('open', () => setTimeout(() => socket.close(), 200));
        }),
    ),
  );
  expect(codes.filter((code) => code === 1013)).toHaveLength(1);
});

test('a page of another origin gets no socket', async () => {
  await expect(one.connect({ origin: 'https://evil.example' })).rejects.toThrow('403');
  await expect(one.connect({ host: 'evil.example' })).rejects.toThrow('403');
  await one.connect({ origin: origin.replace('127.0.0.1', 'localhost') });
  one.leave();
});

describe('the swarm (rules B2, B3)', () => {
  const sha256 = 'a'.repeat(64);

  test('peers are named to those who want a blob, and signals reach only volunteers that agreed to meet', async () => {
    const [a, b, c] = [new ScriptedVolunteer(origin), new ScriptedVolunteer(origin), new ScriptedVolunteer(origin)];
    await Promise.all([a.join(), b.join(), c.join()]);
    a.send({ type: 'have', blobs: [sha256] });
    a.send({ type: 'ping' });
    await a.next('pong');
    b.send({ type: 'want', sha256, bytes: 1000 });
    expect((await b.next('peers')).peers).toEqual([a.id]);
    b.send({ type: 'signal', to: a.id, data: 'offer' });
    expect(await a.next('signal')).toMatchObject({ from: b.id, data: 'offer' });
    a.send({ type: 'signal', to: b.id, data: 'answer' });
    expect(await b.next('signal')).toMatchObject({ from: a.id, data: 'answer' });

    b.send({ type: 'signal', to: c.id, data: 'unasked' });
    c.send({ type: 'signal', to: a.id, data: 'unasked' });
    for (const each of [b, c]) {
      each.send({ type: 'ping' });
      await each.next('pong');
    }
    expect([...a.heard, ...c.heard].filter(({ type }) => type === 'signal')).toEqual([]);

    a.send({ type: 'have', blobs: [] });
    a.send({ type: 'ping' });
    await a.next('pong');
    b.send({ type: 'signal', to: a.id, data: 'too late' });
    b.send({ type: 'ping' });
    await b.next('pong');
    expect(a.heard.filter(({ type }) => type === 'signal')).toEqual([]);

    a.leave();
    await expect
      .poll(async () => {
        b.send({ type: 'want', sha256, bytes: 1000 });
        return (await b.next('peers')).peers;
      })
      .toEqual([]);
    for (const each of [b, c]) each.leave();
  });
});

test('M2: signals over their rate go nowhere, and their sender goes on', async () => {
  const [caller, called] = [new ScriptedVolunteer(origin), new ScriptedVolunteer(origin)];
  await Promise.all([caller.join(), called.join()]);
  for (const each of [caller, called]) each.send({ type: 'have', blobs: ['a'.repeat(64)] });
  called.send({ type: 'ping' });
  await called.next('pong');
  for (let i = 0; i < 30; i++) caller.send({ type: 'signal', to: called.id, data: `${i}` });
  caller.send({ type: 'ping' });
  await caller.next('pong');
  called.send({ type: 'ping' });
  await called.next('pong');
  const heard = called.heard.filter(({ type }) => type === 'signal');
  expect(heard.length).toBeGreaterThanOrEqual(20);
  expect(heard.length).toBeLessThan(30);
  for (const each of [caller, called]) each.leave();
});

describe('leases over the socket', () => {
  test('L1, M3, T6: who is ready hears why there is no work for it, or gets work of the run that it prefers, in durations', async () => {
    const runs = [await createRun(coordinator, { replicas: 1 }), await createRun(coordinator, { replicas: 1 })];
    await one.join();
    one.ready(1000);
    expect(await one.next('idle')).toMatchObject({ code: 'does_not_fit' });
    for (const { id: prefers } of runs) {
      one.ready(1e9, prefers);
      const lease = await one.next('lease');
      expect(lease.run).toBe(prefers);
      // Neither was taken back, nor exchanges anything but outer gradients: an old volunteer reads its tasks.
      expect(Object.keys(lease.body as object)).not.toContain('rollbacks');
      expect(Object.keys(lease.body as object)).not.toContain('exchange');
      // No number of it is a time of a clock.
      const numbers = JSON.stringify(lease)
        .match(/(?<=:)[\d.]+/g)!
        .map(Number);
      expect(Math.max(...numbers)).toBeLessThan(2 ** 32);
      one.send({ type: 'release', lease: lease.lease, code: 'user', detail: 'enough' });
    }
    for (const { id } of runs) await remove(id);
    one.leave();
  });

  test('L6: away asks for nothing more, and the lease that is held goes on', async () => {
    const { id } = await createRun(coordinator, { replicas: 1 });
    const other = new ScriptedVolunteer(origin);
    await Promise.all([one.join(), other.join()]);
    const lease = await one.lease();
    one.send({ type: 'away' });
    expect((await one.upload(lease, one.work(lease))).status).toBe(201);
    await until('the contribution to count', () =>
      one.heard.some((said) => said.type === 'settled' && said.state === 'checked'),
    );
    other.ready(1e9, id);
    await other.next('lease');
    expect(one.heard.filter(({ type }) => type === 'lease')).toEqual([]);
    await remove(id);
    for (const each of [one, other]) each.leave();
  });

  test('L2, L3: a lease is kept by its holder with a resume token and given up without one; released work goes on', async () => {
    await createRun(coordinator, { replicas: 1 });
    await one.join();
    const lease = await one.lease();
    one.leave();
    expect((await one.join()).leases).toEqual([lease.lease]);
    one.leave();
    one.resume = null;
    expect((await one.join()).leases).toEqual([]);
    const second = await one.lease();
    expect(second.lease).not.toBe(lease.lease);

    const other = new ScriptedVolunteer(origin);
    await other.join();
    other.send({ type: 'release', lease: second.lease, code: 'user', detail: 'not mine' });
    one.send({ type: 'release', lease: second.lease, code: 'user', detail: 'stopped' });
    other.ready();
    const third = await other.next('lease');
    expect(third.lease).not.toBe(second.lease);
    for (const each of [one, other]) each.leave();
  });

  test('L4: the lease of a volunteer that vanished goes to another one, and what it still sends is refused', async () => {
    await one.join();
    const lease = await one.lease();
    one.leave();
    const other = new ScriptedVolunteer(origin);
    await other.join();
    const beats = setInterval(() => other.send({ type: 'ping' }), 300);
    expect((await other.lease()).lease).not.toBe(lease.lease);
    const late = await one.upload(lease, one.work(lease));
    expect([late.status, await late.json()]).toMatchObject([410, { code: 'lease_ended' }]);
    clearInterval(beats);
    other.leave();
  });
});
