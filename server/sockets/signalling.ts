import type { Down } from '@pathfold/protocol/down';
import type { Up } from '@pathfold/protocol/up';
import { createAllowances } from './allowance.ts';

const MOST_PEERS = 8;
/** Signals a second, and at once, that one volunteer gets from another: a link takes some dozens when it is made, then none. */
const FROM_ONE = { perSecond: 5, burst: 60 };
/** And from all others together: those of all links that it may have. */
const FROM_ALL = { perSecond: 30, burst: 300 };

/**
 * The blobs that volunteers serve to peers, and the relay of their WebRTC signals. Volatile: told anew at each connect.
 * Signals reach only volunteers that agreed to meet peers, which they show by `have` or `want` and take back by an
 * empty `have`; one that comes too often goes nowhere.
 */
export function createSignalling(
  send: (volunteer: string, message: Down) => boolean,
  random: () => number = Math.random,
  now?: () => number,
) {
  const fromOne = createAllowances(FROM_ONE.perSecond, FROM_ONE.burst, now);
  const fromAll = createAllowances(FROM_ALL.perSecond, FROM_ALL.burst, now);
  const held = new Map<string, readonly string[]>();
  const holders = new Map<string, Set<string>>();
  const agreed = new Set<string>();

  const drop = (volunteer: string) => {
    for (const sha256 of held.get(volunteer) ?? []) {
      const set = holders.get(sha256);
      set?.delete(volunteer);
      if (set?.size === 0) holders.delete(sha256);
    }
    held.delete(volunteer);
  };

  /** Up to MOST_PEERS holders, a random run of the ring of them, so that the load spreads. */
  const pick = (sha256: string, asker: string): string[] => {
    const all = [...(holders.get(sha256) ?? [])].filter((id) => id !== asker);
    const start = Math.floor(random() * all.length);
    return [...all.slice(start), ...all.slice(0, start)].slice(0, MOST_PEERS);
  };

  return {
    heard(from: string, message: Extract<Up, { type: 'have' | 'want' | 'signal' }>): void {
      switch (message.type) {
        case 'have':
          drop(from);
          if (message.blobs.length === 0) agreed.delete(from);
          else agreed.add(from);
          held.set(from, message.blobs);
          for (const sha256 of message.blobs) {
            const set = holders.get(sha256) ?? new Set();
            holders.set(sha256, set.add(from));
          }
          return;
        case 'want':
          agreed.add(from);
          send(from, { type: 'peers', sha256: message.sha256, peers: pick(message.sha256, from) });
          return;
        case 'signal':
          if (!agreed.has(from) || !agreed.has(message.to)) return;
          if (fromOne.take(`${from} ${message.to}`) && fromAll.take(message.to))
            send(message.to, { type: 'signal', from, data: message.data });
      }
    },
    gone(volunteer: string): void {
      drop(volunteer);
      agreed.delete(volunteer);
    },
  };
}
export type Signalling = ReturnType<typeof createSignalling>;
