import { PathfoldError } from '@pathfold/protocol/errors';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { networkOf } from '../sockets/network.ts';

const MOST_WRONG = 30;
const WINDOW_MS = 60_000;
const MOST_NETWORKS = 10_000;

/**
 * Counts the wrong secrets of each network in a minute. After so many it throws rate_limited, also at the right one,
 * so that guessing on tells nothing.
 */
export function createGuesses(now: () => number = Date.now) {
  const wrong = new Map<string, { count: number; readonly until: number }>();
  return (request: FastifyRequest, reply: FastifyReply, isRight: boolean): void => {
    const network = networkOf(request.ip);
    const at = now();
    let seen = wrong.get(network);
    if (!seen || at >= seen.until) {
      wrong.delete(network);
      seen = { count: 0, until: at + WINDOW_MS };
    }
    if (seen.count >= MOST_WRONG) {
      reply.header('retry-after', Math.ceil((seen.until - at) / 1000));
      throw new PathfoldError('rate_limited', 'Too many wrong tokens or keys came from your network.');
    }
    if (isRight) return;
    seen.count += 1;
    wrong.set(network, seen);
    if (wrong.size > MOST_NETWORKS) wrong.delete(wrong.keys().next().value!);
  };
}
