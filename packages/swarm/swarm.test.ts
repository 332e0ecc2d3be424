import { createHash, randomBytes } from 'node:crypto';
import type { BlobRef } from '@pathfold/protocol/blob';
import type { Up } from '@pathfold/protocol/up';
import { afterEach, beforeAll, expect, test } from 'vitest';
import type { Wrtc } from './link.ts';
import { nodeWrtc } from './node-wrtc.ts';
import { createSwarm, type Swarm, type SwarmPorts, type SwarmStats } from './swarm.ts';

/** Real WebRTC between swarms of this process; only the coordinator's relay is played by `Relay`. */
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const refOf = (bytes: Uint8Array): BlobRef => ({ sha256: sha256(bytes), bytes: bytes.length });

/** Time passes for a swarm only when the test says so. */
class Clock {
  at = 0;
  private look = () => {};
  readonly ports: Pick<SwarmPorts, 'now' | 'every'> = {
    now: () => this.at,
    every: (_ms, look) => {
      this.look = look;
      return () => {
        this.look = () => {};
      };
    },
  };

  pass(ms: number) {
    this.at += ms;
    this.look();
  }
}

class Relay {
  readonly swarms = new Map<string, Swarm>();
  readonly lists = new Map<string, readonly string[]>();
  readonly silent = new Set<string>();
  readonly clocks = new Map<string, Clock>();
  readonly stats = new Map<string, SwarmStats>();

  join(id: string, read: (sha256: string) => Promise<Uint8Array | null>, wrtc: Wrtc): Swarm {
    const send = (message: Up) => {
      if (message.type === 'have') this.lists.set(id, message.blobs);
      else if (message.type === 'want') {
        const peers = [...this.lists].filter(([peer, list]) => peer !== id && list.includes(message.sha256));
        this.swarms.get(id)?.receive({ type: 'peers', sha256: message.sha256, peers: peers.map(([peer]) => peer) });
      } else if (message.type === 'signal' && !this.silent.has(message.to))
        queueMicrotask(() => this.swarms.get(message.to)?.receive({ type: 'signal', from: id, data: message.data }));
    };
    const verify = async (bytes: Uint8Array, expected: string) => sha256(bytes) === expected;
    const onStats = (stats: SwarmStats) => void this.stats.set(id, stats);
    const clock = new Clock();
    this.clocks.set(id, clock);
    const swarm = createSwarm({ ...clock.ports, send, read, verify, onStats, wrtc, random: () => 0 });
    this.swarms.set(id, swarm);
    return swarm;
  }

  pass(id: string, ms: number) {
    this.clocks.get(id)!.pass(ms);
  }

  close() {
    for (const swarm of this.swarms.values()) swarm.close();
  }
}

let wrtc: Wrtc;
let relay = new Relay();
beforeAll(async () => {
  wrtc = await nodeWrtc();
});
afterEach(() => {
  relay.close();
  relay = new Relay();
});

test('a module of megabytes travels from peer to peer', async () => {
  const module = new Uint8Array(randomBytes(3_000_003));
  const seeder = relay.join('seeder', async () => module, wrtc);
  seeder.have([sha256(module)]);
  const leecher = relay.join('leecher', async () => null, wrtc);
  const fetched = await leecher.fetch(refOf(module));
  expect(fetched && sha256(fetched)).toBe(sha256(module));
});

test('nobody has it: null at once, so that the coordinator is asked', async () => {
  const alone = relay.join('alone', async () => null, wrtc);
  expect(await alone.fetch(refOf(new Uint8Array(8)))).toBeNull();
});

test('a peer that sends wrong bytes is found out by the hash, and the next one serves (B1, B4)', async () => {
  const module = new Uint8Array(randomBytes(50_000));
  const forged = module.slice();
  forged[7]! ^= 1;
  relay.join('liar', async () => forged, wrtc).have([sha256(module)]);
  relay.join('honest', async () => module, wrtc).have([sha256(module)]);
  const leecher = relay.join('leecher', async () => null, wrtc);
  expect(await leecher.fetch(refOf(module))).toEqual(module);
});

test('a peer that serves another size, or no longer has the blob, costs one retry', async () => {
  const module = new Uint8Array(randomBytes(1000));
  relay.join('longer', async () => new Uint8Array(2000), wrtc).have([sha256(module)]);
  relay.join('forgetful', async () => null, wrtc).have([sha256(module)]);
  const leecher = relay.join('leecher', async () => null, wrtc);
  expect(await leecher.fetch(refOf(module))).toBeNull();
});

test('a peer that never answers is given up (B4)', async () => {
  const module = new Uint8Array(randomBytes(1000));
  relay.join('gone', async () => module, wrtc).have([sha256(module)]);
  relay.silent.add('gone');
  const leecher = relay.join('leecher', async () => null, wrtc);
  const fetched = leecher.fetch(refOf(module));
  expect(relay.stats.get('leecher')).toBeUndefined();
  relay.pass('leecher', 3_000);
  expect(await fetched).toBeNull();
  relay.pass('leecher', 5_000);
  expect(relay.stats.get('leecher')?.peers).toBe(0);
});

test('a link over which nothing was passed for a while is closed: by who opened it, else by who serves (B5)', async () => {
  const module = new Uint8Array(randomBytes(1000));
  relay.join('seeder', async () => module, wrtc).have([sha256(module)]);
  for (const leecher of ['leecher', 'lingerer'])
    expect(await relay.join(leecher, async () => null, wrtc).fetch(refOf(module))).toEqual(module);
  relay.pass('leecher', 49_000);
  expect(relay.stats.get('leecher')?.peers).toBe(1);
  relay.pass('leecher', 1_000);
  expect(relay.stats.get('leecher')?.peers).toBe(0);
  await expect.poll(() => relay.stats.get('seeder')?.peers).toBe(1);
  relay.pass('seeder', 59_000);
  expect(relay.stats.get('seeder')?.peers).toBe(1);
  relay.pass('seeder', 1_000);
  expect(relay.stats.get('seeder')?.peers).toBe(0);
});

test('a peer that is asked for what it does not share refuses', async () => {
  const secret = new Uint8Array(randomBytes(100));
  const holder = relay.join('holder', async () => secret, wrtc);
  relay.lists.set('holder', [sha256(secret)]);
  holder.have(['0'.repeat(64)]);
  relay.lists.set('holder', [sha256(secret)]);
  const leecher = relay.join('leecher', async () => null, wrtc);
  expect(await leecher.fetch(refOf(secret))).toBeNull();
});

test.each([
  ['an offer that is none', { type: 'offer', sdp: 'v=0' }],
  ['a candidate that is none', { type: 'candidate', candidate: { candidate: '', sdpMLineIndex: null, sdpMid: null } }],
  ['something else of simple-peer', { type: 'transceiverRequest', transceiverRequest: { kind: 'video' } }],
  ['a deep object', { type: 'offer', sdp: { a: [[[[{}]]]] } }],
])('a stranger who signals %s harms nobody', async (_what, signal) => {
  const module = new Uint8Array(randomBytes(1000));
  const seeder = relay.join('seeder', async () => module, wrtc);
  seeder.have([sha256(module)]);
  for (const link of ['a', 'b', 'c'])
    seeder.receive({ type: 'signal', from: 'stranger', data: JSON.stringify({ link, opens: true, signal }) });
  const leecher = relay.join('leecher', async () => null, wrtc);
  expect(await leecher.fetch(refOf(module))).toEqual(module);
});

/** Somebody who shares a blob, told of the signals that it sends; `ask`: a peer opens a link. */
function sharing(onSignal: (data: string) => void) {
  const clock = new Clock();
  const swarm = createSwarm({
    ...clock.ports,
    send: (message) => {
      if (message.type === 'signal') onSignal(message.data);
    },
    read: async () => null,
    verify: async () => true,
    wrtc,
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

test('one peer gets two links at most, and what never becomes a link gives its place back (B5)', () => {
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
  expect(refused).toEqual(['c', 'd']);
});
