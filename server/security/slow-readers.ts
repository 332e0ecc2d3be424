import { finished } from 'node:stream';
import { PathfoldError } from '@pathfold/protocol/errors';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { createTurnstile } from '../sockets/allowance.ts';
import { networkOf } from '../sockets/network.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The route itself bounds how many of its answers to one network are under way. */
    countsItself?: boolean;
  }
}

/** An answer of which nothing is taken for so long is given up. */
const STALLED_MS = 30_000;

/** Calls `done` once: when the answer is over, or its connection is gone, be it before the answer's turn on it came. */
export function onceOver({ raw: { socket } }: FastifyRequest, { raw }: FastifyReply, done: () => void): void {
  let isOver = false;
  const over = () => {
    if (isOver) return;
    isOver = true;
    forget();
    socket.off('close', over);
    done();
  };
  const forget = finished(raw, over);
  socket.once('close', over);
}

/** Bounds the answers to one network that are under way, and gives up those that nobody reads. */
export function endSlowReaders(app: FastifyInstance, mostAtOnce: number, stalledMs = STALLED_MS): void {
  const answers = createTurnstile(mostAtOnce);
  app.addHook('onRequest', async (request, reply) => {
    if (request.routeOptions.config?.countsItself) return;
    const leave = answers.enter(networkOf(request.ip));
    if (!leave) throw new PathfoldError('rate_limited', 'Too many answers to your network are under way.');
    onceOver(request, reply, leave);
  });
  app.addHook('onSend', async (_request, { raw }) => {
    raw.setTimeout(stalledMs, () => {
      if (raw.writableLength > 0) raw.destroy();
    });
  });
}
