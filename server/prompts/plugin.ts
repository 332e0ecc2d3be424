import type { FastifyPluginAsync } from 'fastify';
import type { PromptDeps } from './runs.ts';

/** `/v1/*` (OpenAI-compatible) and `GET /api/v1/runs/{id}/export/{file}`. Register at the root, without a prefix. */
export const promptsPlugin =
  (_deps: PromptDeps): FastifyPluginAsync =>
  async () => {};
