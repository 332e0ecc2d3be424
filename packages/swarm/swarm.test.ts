import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { Clock, hashOf, refOf, serving, sha256, useRelay } from './relay.fixture.ts';

const scene = useRelay();
const MODULE = new Uint8Array(randomBytes(3_000_003));

test('B7: peers that start at the same moment get a version from each other, and the coordinator sends it about once', async () => {
  const ref = scene.relay.put(MODULE);
  const names = ['a', 'b', 'c', 'd'];
  const fetched = await Promise.all(names.map((id) => scene.relay.join(id).fetch(ref, null)));
  for (const gathered of fetched) expect(hashOf(gathered)).toBe(ref.sha256);
  expect(scene.relay.sourceBytes).toBeLessThanOrEqual(2 * MODULE.length);
  const received = names
    .map((id) => scene.relay.stats.get(id)?.receivedBytes ?? 0)
    .reduce((sum, bytes) => sum + bytes, 0);
  expect(received + scene.relay.sourceBytes).toBe(4 * MODULE.length);
  expect(scene.relay.reports).toEqual([]);
});

test('a module of megabytes travels from peer to peer, and the next over the link that is open', async () => {
  const ref = scene.relay.put(MODULE);
  scene.relay.join('s1', serving(MODULE)).have([ref.sha256]);
  scene.relay.join('s2', serving(MODULE)).have([ref.sha256]);
  const leecher = scene.relay.join('leecher');
  const fetched = await leecher.fetch(ref, null);
  expect(hashOf(fetched)).toBe(ref.sha256);
  expect(scene.relay.sourceBytes).toBe(0);
});

test('nobody has it: the coordinator gives it all, and what it does not have stays missing', async () => {
  const alone = scene.relay.join('alone');
  expect(hashOf(await alone.fetch(scene.relay.put(MODULE), null))).toBe(sha256(MODULE));
  expect(scene.relay.sourceBytes).toBe(MODULE.length);
  expect((await alone.fetch(refOf(new Uint8Array(8)), null))?.holes).toEqual([{ start: 0, end: 8 }]);
  expect((await alone.fetch(refOf(new Uint8Array(1_000_000)), null))?.holes).toEqual([{ start: 0, end: 1_000_000 }]);
});

test('B9: a bad piece is found when it arrives: its sender is dropped and reported, and the rest stays', async () => {
  const ref = scene.relay.put(MODULE);
  const forged = MODULE.slice();
  forged[1_000_000]! ^= 1;
  scene.relay.join('liar', serving(forged)).have([ref.sha256]);
  scene.relay.join('honest', serving(MODULE)).have([ref.sha256]);
  expect(hashOf(await scene.relay.join('leecher').fetch(ref, null))).toBe(ref.sha256);
  expect(scene.relay.reports.filter((report) => report !== 'leecher: liar lied')).toEqual([]);
  expect(scene.relay.stats.get('leecher')!.receivedBytes + scene.relay.sourceBytes).toBeLessThan(
    MODULE.length + 5 * 64 * 1024,
  );
});

test('a peer that serves another size, or no longer has the blob, does not keep it from coming (B4)', async () => {
  const small = new Uint8Array(randomBytes(1000));
  const ref = scene.relay.put(small);
  scene.relay.join('shorter', async () => new Uint8Array(200)).have([ref.sha256]);
  scene.relay.join('forgetful').have([ref.sha256]);
  expect(await scene.relay.join('leecher').fetch(ref, null)).toEqual({ bytes: small, holes: [] });
});

test('peers that never answer are waited for a moment (B8), and their links given up (B14)', async () => {
  const ref = scene.relay.put(MODULE);
  for (const gone of ['gone', 'lost']) {
    scene.relay.join(gone, serving(MODULE)).have([ref.sha256]);
    scene.relay.silent.add(gone);
  }
  const fetched = scene.relay.join('leecher').fetch(ref, null);
  await new Promise((resolve) => setImmediate(resolve));
  expect(scene.relay.sourceBytes).toBe(0);
  scene.relay.pass('leecher', 1_500);
  expect(hashOf(await fetched)).toBe(ref.sha256);
  scene.relay.pass('leecher', 8_000);
  expect(scene.relay.stats.get('leecher')?.peers).toBe(0);
});

test('a peer that is gone in the middle of a blob: what it gave stays, and the rest comes from elsewhere', async () => {
  const ref = scene.relay.put(MODULE);
  let left = 20;
  for (const mortal of ['m1', 'm2'])
    scene.relay
      .join(mortal, async (_sha256, start, end) => {
        if (left-- <= 0) queueMicrotask(() => scene.relay.swarms.get(mortal)!.close());
        return MODULE.slice(start, end);
      })
      .have([ref.sha256]);
  expect(hashOf(await scene.relay.join('leecher').fetch(ref, null))).toBe(ref.sha256);
  expect(scene.relay.stats.get('leecher')!.receivedBytes).toBeGreaterThan(10 * 64 * 1024);
  expect(scene.relay.sourceBytes).toBeLessThan(MODULE.length - 10 * 64 * 1024);
});

test.each([
  ['an offer that is none', { type: 'offer', sdp: 'v=0' }],
  ['a candidate that is none', { type: 'candidate', candidate: { candidate: '', sdpMLineIndex: null, sdpMid: null } }],
  ['something else of simple-peer', { type: 'transceiverRequest', transceiverRequest: { kind: 'video' } }],
  ['a deep object', { type: 'offer', sdp: { a: [[[[{}]]]] } }],
])('a stranger who signals %s harms nobody', async (_what, signal) => {
  const module = new Uint8Array(randomBytes(1000));
  const ref = scene.relay.put(module);
  const seeder = scene.relay.join('seeder', serving(module));
  seeder.have([ref.sha256]);
  for (const link of ['a', 'b', 'c'])
    seeder.receive({ type: 'signal', from: 'stranger', data: JSON.stringify({ link, opens: true, signal }) });
  expect(await scene.relay.join('leecher').fetch(ref, null)).toEqual({ bytes: module, holes: [] });
});

/** Somebody who shares a blob, told of the signals that it sends; `ask`: a peer opens a link. */
function sharing(onSignal: (data: string) => void) {
  const clock = new Clock();
  const swarm = scene.open({
    ...clock.ports,
    send: (message) => {
      if (message.type === 'signal') onSignal(message.data);
    },
    read: async () => null,
    range: async () => false,
    table: async () => null,
    verify: async () => true,
    random: () => 0,
  });
  swarm.have(['a'.repeat(64)]);
  const signal = { type: 'candidate', candidate: { candidate: 'x', sdpMLineIndex: 0, sdpMid: '0' } };
  const ask = (from: string, link: string) =>
    swarm.receive({ type: 'signal', from, data: JSON.stringify({ link, opens: true, signal }) });
  return { clock, swarm, ask };
}

test('strangers who ask for links without end are answered a few times a second, and refused no more often', () => {
  let sent = 0;
  const { clock, swarm, ask } = sharing(() => sent++);
  for (let second = 0; second < 20; second++) {
    for (const from of ['a', 'b']) for (let i = 0; i < 50; i++) ask(from, `${second} ${i}`);
    clock.pass(500);
    clock.pass(500);
  }
  swarm.close();
  expect(sent).toBeGreaterThan(0);
  expect(sent).toBeLessThanOrEqual(20 * 4);
});

test('one peer gets one link, and what never becomes a link gives its place back (B14)', () => {
  const refused: string[] = [];
  const { clock, swarm, ask } = sharing((data) => {
    if (data.includes('refused')) refused.push(JSON.parse(data).link);
  });
  for (const link of ['a', 'b', 'c']) ask('greedy', link);
  clock.pass(7_500);
  ask('greedy', 'd');
  clock.pass(500);
  ask('greedy', 'e');
  swarm.close();
  expect(refused).toEqual(['b', 'c', 'd']);
});
