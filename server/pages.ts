import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fastifyStatic from '@fastify/static';
import { PAGES } from '@pathfold/protocol/pages';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { sendProblem } from './api/problems.ts';

const BUILT_PAGES = fileURLToPath(new URL('../dist/pages', import.meta.url));
const missing = (reply: FastifyReply) =>
  reply
    .code(503)
    .type('text/html; charset=utf-8')
    .send(
      '<!doctype html><html lang="en"><title>Pathfold</title><p>The pages are not built yet: run <code>npm start</code>.</p></html>',
    );

/** Serves the built pages; files whose names carry a hash never change. */
export async function servePages(app: FastifyInstance, folder = BUILT_PAGES): Promise<void> {
  await app.register(fastifyStatic, {
    root: folder,
    serve: existsSync(folder),
    index: false,
    wildcard: true,
    setHeaders(response, path) {
      const isHashed = path.startsWith(join(folder, 'assets'));
      response.header('cache-control', isHashed ? 'public, max-age=31536000, immutable' : 'no-cache');
    },
  });
  for (const page of PAGES) {
    const routes = 'parts' in page ? [page.address, `${page.address}/:name(^[a-z0-9-]+$)`] : [page.address];
    for (const route of routes)
      app.get(route, { schema: { hide: true } }, async (_request, reply) => {
        const file = join(page.folder, 'index.html');
        return existsSync(join(folder, file)) ? reply.sendFile(file) : missing(reply);
      });
  }
}

/** Serves the pages from their sources through Vite, which reloads them as they change. */
export async function servePagesFromSource(app: FastifyInstance): Promise<void> {
  const { createServer } = await import('vite');
  const vite = await createServer({
    configFile: fileURLToPath(new URL('../apps/vite.config.ts', import.meta.url)),
    // Its socket for reloading has a port of its own: all sockets of ours go through Fastify.
    server: { middlewareMode: true },
  });
  app.addHook('onClose', () => vite.close());
  app.get('/*', { schema: { hide: true } }, (request, reply) => {
    for (const [name, value] of Object.entries(reply.getHeaders())) if (value) reply.raw.setHeader(name, value);
    reply.hijack();
    vite.middlewares(request.raw, reply.raw, () => sendProblem(reply, 'not_found'));
  });
}
