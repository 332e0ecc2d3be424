import fc from 'fast-check';
import { expect, test } from 'vitest';
import { initSwarm, MAX_PEERS_ASKED, type SwarmCommand, type SwarmEvent, stepSwarm } from './mind.ts';

const blob = 'a'.repeat(64);
const find = (peers: string[], at = 0): SwarmEvent => ({ type: 'PeersFound', sha256: blob, peers, random: 0, at });

test('a peer that lies costs one retry and is never asked again (B4)', () => {
  const state = initSwarm();
  expect(stepSwarm(state, { type: 'Wanted', sha256: blob, at: 0 })).toEqual([{ type: 'FindPeers', sha256: blob }]);
  expect(stepSwarm(state, find(['liar', 'good']))).toEqual([{ type: 'Ask', sha256: blob, peer: 'liar' }]);
  expect(stepSwarm(state, { type: 'Corrupted', sha256: blob, peer: 'liar', at: 1 })).toEqual([
    { type: 'Ask', sha256: blob, peer: 'good' },
  ]);
  stepSwarm(state, { type: 'Delivered', sha256: blob, peer: 'good', at: 2 });
  stepSwarm(state, { type: 'Wanted', sha256: blob, at: 1e12 });
  expect(stepSwarm(state, find(['liar'], 1e12))).toEqual([{ type: 'GiveUp', sha256: blob }]);
});

test('a peer that stalls is abandoned, also when it keeps the connection open (B4)', () => {
  const state = initSwarm();
  stepSwarm(state, { type: 'Wanted', sha256: blob, at: 0 });
  stepSwarm(state, find(['slow']));
  stepSwarm(state, { type: 'PieceArrived', sha256: blob, peer: 'slow', at: 5_000 });
  expect(stepSwarm(state, { type: 'Ticked', at: 10_000 })).toEqual([]);
  expect(stepSwarm(state, { type: 'Ticked', at: 11_000 })).toEqual([
    { type: 'Abandon', sha256: blob, peer: 'slow' },
    { type: 'GiveUp', sha256: blob },
  ]);
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
        let pending: SwarmCommand[] = [
          ...stepSwarm(state, { type: 'Wanted', sha256: blob, at }),
          ...stepSwarm(state, find(peers)),
        ];
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
