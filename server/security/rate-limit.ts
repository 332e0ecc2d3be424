import type { RateLimitPluginOptions } from '@fastify/rate-limit';
import { PathfoldError } from '@pathfold/protocol/errors';
import { networkOf } from '../sockets/network.ts';

/** So many requests of one network in a minute, of all routes of a scope that set no limit of their own. */
export const perNetwork = (max: number): RateLimitPluginOptions => ({
  global: true,
  max,
  timeWindow: 60_000,
  keyGenerator: (request) => networkOf(request.ip),
  errorResponseBuilder: (_request, { after }) => new PathfoldError('rate_limited', `Try again in ${after}.`),
});
