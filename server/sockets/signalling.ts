import { Directory } from '@pathfold/coordination/swarm/directory';
import type { Down } from '@pathfold/protocol/down';
import type { Up } from '@pathfold/protocol/up';
import { createAllowances } from './allowance.ts';

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
  now: () => number = () => performance.now(),
) {
  const fromOne = createAllowances(FROM_ONE.perSecond, FROM_ONE.burst, now);
  const fromAll = createAllowances(FROM_ALL.perSecond, FROM_ALL.burst, now);
  const directory = new Directory();
  const agreed = new Set<string>();

  return {
    heard(from: string, message: Extract<Up, { type: 'have' | 'want' | 'report' | 'signal' }>, network: string): void {
      switch (message.type) {
        case 'have':
          if (message.blobs.length === 0) agreed.delete(from);
          else agreed.add(from);
          directory.have(from, message.blobs);
          return;
        case 'want': {
          agreed.add(from);
          const answer = directory.want(from, message, now(), random());
          send(from, { type: 'peers', sha256: message.sha256, ...answer });
          return;
        }
        case 'report':
          if (agreed.has(from)) directory.report(message.peer, network, now());
          return;
        case 'signal':
          if (!agreed.has(from) || !agreed.has(message.to)) return;
          if (fromOne.take(`${from} ${message.to}`) && fromAll.take(message.to))
            send(message.to, { type: 'signal', from, data: message.data });
      }
    },
    gone(volunteer: string): void {
      directory.gone(volunteer);
      agreed.delete(volunteer);
    },
  };
}
export type Signalling = ReturnType<typeof createSignalling>;
