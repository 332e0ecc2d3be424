import { PathfoldError } from '@pathfold/protocol/errors';
import type { FastifyReply, FastifyRequest } from 'fastify';

/** Aborts when the client hangs up, be it before the answer's turn on its connection came; and when the answer is over. */
export const hangUpOf = ({ raw: { socket } }: FastifyRequest, { raw }: FastifyReply): AbortSignal => {
  const abort = new AbortController();
  const over = () => {
    for (const heard of [raw, socket]) heard.off('close', over);
    abort.abort(new PathfoldError('bad_request', 'The client hung up.'));
  };
  for (const heard of [raw, socket]) heard.once('close', over);
  return abort.signal;
};
