import type { FastifyInstance } from 'fastify';

const BODY_MS = 60_000;

/** Gives up requests whose bodies do not end in time. An upload, whose body has no limit of Fastify's, takes what it takes. */
export function endSlowBodies(app: FastifyInstance, ms = BODY_MS): void {
  app.addHook('preParsing', async ({ raw, headers, routeOptions }) => {
    const hasBody = headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined;
    if (!hasBody || routeOptions.bodyLimit === Number.MAX_SAFE_INTEGER) return;
    const timer = setTimeout(() => {
      if (!raw.complete) raw.destroy();
    }, ms);
    raw.once('close', () => clearTimeout(timer));
  });
}
