import { PathfoldError } from '@pathfold/protocol/errors';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { onceOver } from '../security/slow-readers.ts';

/** Aborts when the client hangs up, be it before the answer's turn on its connection came; and when the answer is over. */
export const hangUpOf = (request: FastifyRequest, reply: FastifyReply): AbortSignal => {
  const abort = new AbortController();
  onceOver(request, reply, () => abort.abort(new PathfoldError('bad_request', 'The client hung up.')));
  return abort.signal;
};
