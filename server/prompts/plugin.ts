import rateLimit from '@fastify/rate-limit';
import { PathfoldError } from '@pathfold/protocol/errors';
import type { FastifyPluginAsync } from 'fastify';
import { validatorCompiler } from 'fastify-type-provider-zod';
import { perNetwork } from '../security/rate-limit.ts';
import { onceOver } from '../security/slow-readers.ts';
import { createTurnstile } from '../sockets/allowance.ts';
import { networkOf } from '../sockets/network.ts';
import { exportRoutes } from './export-routes.ts';
import { openAiRoutes } from './openai-routes.ts';
import { PromptWorker } from './prompt-worker.ts';
import type { PromptDeps } from './runs.ts';

/** Prompts that may wait for their turn. */
const QUEUE_LIMIT = 16;
/** Prompts and exports of one network that are under way: the others find half of the places free. */
const MOST_AT_ONCE = 8;
/** Prompts and exports from one address. */
const REQUESTS_PER_MINUTE = 300;

/**
 * `/v1/*` (OpenAI-compatible) and `GET /api/v1/runs/{id}/export/{file}`. Register at the root, without a prefix; errors
 * of the exports go to the root's error handler.
 */
export const promptsPlugin =
  (deps: PromptDeps): FastifyPluginAsync =>
  async (app) => {
    const worker = new PromptWorker(QUEUE_LIMIT);
    const router = new PromptWorker(QUEUE_LIMIT);
    app.addHook('onClose', () => Promise.all([worker.close(), router.close()]));
    app.setValidatorCompiler(validatorCompiler);
    await app.register(rateLimit, perNetwork(REQUESTS_PER_MINUTE));
    const inside = createTurnstile(MOST_AT_ONCE);
    app.addHook('onRequest', async (request, reply) => {
      const leave = inside.enter(networkOf(request.ip));
      if (!leave)
        throw new PathfoldError('queue_full', `${MOST_AT_ONCE} requests of your network are under way already.`);
      onceOver(request, reply, leave);
    });
    await app.register(exportRoutes(deps, worker));
    await app.register(openAiRoutes(deps, worker, router), { prefix: '/v1' });
  };
