import { PathfoldError } from '@pathfold/protocol/errors';
import type { FastifyReply } from 'fastify';

/** Aborts when the client hangs up. */
export const hangUpOf = (reply: FastifyReply): AbortSignal => {
  const abort = new AbortController();
  reply.raw.once('close', () => abort.abort(new PathfoldError('bad_request', 'The client hung up.')));
  return abort.signal;
};
