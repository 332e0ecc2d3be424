import fc from 'fast-check';
import { expect, test } from 'vitest';
import { initSwarm, MAX_PEERS_ASKED, type SwarmCommand, type SwarmEvent, stepSwarm } from './mind.ts';

const blob = 'a'.repeat(64);
const MEGABYTE = 1024 * 1024;
const want = (bytes: number) => ({ type: 'Wanted', sha256: blob, bytes, at: 0 }) as const;
const find = (peers: string[], at = 0): SwarmEvent => ({ type: 'PeersFound', sha256: blob, peers, random: 0, at });

test('a peer that lies costs one retry and is never asked again (B4)', () => {
  const state = initSwarm();
  expect(stepSwarm(state, want(1000))).toEqual([{ type: 'FindPeers', sha256: blob }]);
  expect(stepSwarm(state, find(['liar', 'good']))).toEqual([{ type: 'Ask', sha256: blob, peer: 'liar' }]);
  expect(stepSwarm(state, { type: 'Corrupted', sha256: blob, peer: 'liar', at: 1 })).toEqual([
    { type: 'Ask', sha256: blob, peer: 'good' },
  ]);
  stepSwarm(state, { type: 'Delivered', sha256: blob, peer: 'good', at: 2 });
  stepSwarm(state, { ...want(1000), at: 1e12 });
  expect(stepSwarm(state, find(['liar'], 1e12))).toEqual([{ type: 'GiveUp', sha256: blob }]);
});

test('a peer that stalls is abandoned, also when it keeps the connection open (B4)', () => {
  const state = initSwarm();
  stepSwarm(state, want(MEGABYTE));
  stepSwarm(state, find(['slow']));
  stepSwarm(state, { type: 'PieceArrived', sha256: blob, peer: 'slow', at: 2_000 });
  expect(stepSwarm(state, { type: 'Ticked', at: 4_900 })).toEqual([]);
  expect(stepSwarm(state, { type: 'Ticked', at: 5_000 })).toEqual([
    { type: 'GiveUp', sha256: blob },
    { type: 'Abandon', peer: 'slow' },
  ]);
});

test('peers that do not answer hold up a blob for four seconds at most (B4)', () => {
  const state = initSwarm();
  stepSwarm(state, want(1000));
  stepSwarm(state, find(['gone', 'away'], 900));
  const commands: SwarmCommand[] = [];
  for (let at = 1_000; at <= 4_500; at += 500) commands.push(...stepSwarm(state, { type: 'Ticked', at }));
  expect(commands.map(({ type }) => type)).toEqual(['Ask', 'Abandon', 'GiveUp', 'Abandon']);
});

test('a peer that drips one piece after the other is not waited for longer than the blob may take (B4)', () => {
  const state = initSwarm();
  stepSwarm(state, want(MEGABYTE));
  stepSwarm(state, find(['drip']));
  let at = 0;
  for (; state.fetches.size > 0; at += 500) {
    stepSwarm(state, { type: 'PieceArrived', sha256: blob, peer: 'drip', at });
    stepSwarm(state, { type: 'Ticked', at });
  }
  expect(at).toBeLessThanOrEqual(12_500);
});

test('what a peer sends of one blob shows that it lives to those who wait for another of its blobs', () => {
  const other = 'b'.repeat(64);
  const state = initSwarm();
  stepSwarm(state, want(MEGABYTE));
  stepSwarm(state, find(['busy']));
  stepSwarm(state, { ...want(MEGABYTE), sha256: other });
  stepSwarm(state, { type: 'PeersFound', sha256: other, peers: ['busy'], random: 0, at: 0 });
  stepSwarm(state, { type: 'PieceArrived', sha256: blob, peer: 'busy', at: 2_500 });
  expect(stepSwarm(state, { type: 'Ticked', at: 3_500 })).toEqual([]);
});

test('a peer that fails again is left alone for longer, until it delivers', () => {
  const state = initSwarm();
  const ask = (at: number) => {
    stepSwarm(state, { ...want(1000), at });
    return stepSwarm(state, find(['flaky'], at))[0]!.type;
  };
  const fail = (at: number) => stepSwarm(state, { type: 'Failed', sha256: blob, peer: 'flaky', at });
  expect(ask(0)).toBe('Ask');
  fail(0);
  expect(ask(14_999)).toBe('GiveUp');
  expect(ask(15_000)).toBe('Ask');
  fail(15_000);
  expect(ask(44_999)).toBe('GiveUp');
  expect(ask(45_000)).toBe('Ask');
  stepSwarm(state, { type: 'Delivered', sha256: blob, peer: 'flaky', at: 45_000 });
  expect(ask(45_001)).toBe('Ask');
});

test('whatever peers do, each want ends in a delivery or in asking the coordinator, after few peers', () => {
  const trouble = fc.constantFrom('Failed', 'Corrupted', 'Delivered', 'PieceArrived', 'stall');
  fc.assert(
    fc.property(
      fc.array(fc.string({ minLength: 1, maxLength: 3 }), { maxLength: 8 }),
      fc.array(trouble),
      (peers, acts) => {
        const state = initSwarm();
        let at = 0;
        let asked = 0;
        let pending: SwarmCommand[] = [...stepSwarm(state, want(1000)), ...stepSwarm(state, find(peers))];
        for (const act of [...acts, 'stall', 'stall', 'stall'] as const) {
          for (const command of pending) if (command.type === 'Ask') asked++;
          const peer = state.fetches.get(blob)?.peer ?? '';
          at += act === 'stall' ? 60_000 : 10;
          pending = stepSwarm(state, act === 'stall' ? { type: 'Ticked', at } : { type: act, sha256: blob, peer, at });
        }
        expect(asked).toBeLessThanOrEqual(MAX_PEERS_ASKED);
        expect(state.fetches.size).toBe(0);
      },
    ),
  );
});
