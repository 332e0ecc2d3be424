import helmet from '@fastify/helmet';
import type { FastifyInstance } from 'fastify';
import type { Config } from '../config.ts';

/** Headers that keep pages to their own scripts and make them cross-origin isolated (shared memory, precise clocks). */
export async function setHeaders(app: FastifyInstance, config: Config): Promise<void> {
  await app.register(helmet, {
    global: true,
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'self'"],
        // Vite's client, with reload, puts an inline script into each page; only `npm run dev` serves it.
        scriptSrc: ["'self'", "'wasm-unsafe-eval'", ...(config.dev ? ["'unsafe-inline'"] : [])],
        styleSrc: [
          "'self'",
          // Only the description of the interface and Vite write styles into pages.
          (request) => (config.dev || request.url?.startsWith('/docs') ? "'unsafe-inline'" : ''),
        ],
        imgSrc: ["'self'", 'data:', 'blob:'],
        mediaSrc: ["'self'", 'data:', 'blob:'],
        fontSrc: ["'self'"],
        workerSrc: ["'self'", 'blob:'],
        // Older browsers do not count sockets of the same host as 'self'. Vite's socket has a port of its own.
        connectSrc: [
          "'self'",
          ...(config.blobPublicUrl ? [config.blobPublicUrl.origin] : []),
          (request) => (config.dev ? 'ws:' : `ws://${request.headers.host} wss://${request.headers.host}`),
        ],
        objectSrc: ["'none'"],
        baseUri: ["'none'"],
        formAction: ["'self'"],
        frameAncestors: ["'none'"],
      },
    },
    crossOriginOpenerPolicy: { policy: 'same-origin' },
    crossOriginEmbedderPolicy: { policy: 'require-corp' },
    crossOriginResourcePolicy: { policy: 'same-origin' },
    referrerPolicy: { policy: 'no-referrer' },
    strictTransportSecurity: config.publicUrl?.protocol === 'https:',
    xFrameOptions: { action: 'deny' },
  });
}
