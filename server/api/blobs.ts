import { Readable } from 'node:stream';
import type { BlobStore } from '@pathfold/blobs/blob-store';
import { Sha256 } from '@pathfold/protocol/blob';
import { PathfoldError } from '@pathfold/protocol/errors';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import * as z from 'zod';
import { onceOver } from '../security/slow-readers.ts';
import { createTurnstile } from '../sockets/allowance.ts';
import { networkOf } from '../sockets/network.ts';
import { createPieceTables } from './piece-tables.ts';

/** A reader that takes nothing holds a few of these in memory. */
const CHUNK_BYTES = 256 * 1024;
/** From one address, behind which many volunteers may be, each with several modules a round. */
const BLOBS_PER_MINUTE = 12_000;

/** `Range: bytes=A-B` of a blob; null when the whole is asked for. Several ranges are answered by the whole (RFC 9110). */
export function readRange(header: string | undefined, size: number): { start: number; end: number } | null {
  const match = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header ?? '');
  if (!match || (match[1] === '' && match[2] === '')) return null;
  const [, first, last] = match as unknown as [string, string, string];
  const start = first === '' ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === '' || last === '' ? size : Math.min(size, Number(last) + 1);
  if (start >= end) throw new PathfoldError('range_not_satisfiable', `The blob holds ${size} bytes.`);
  return { start, end };
}

export interface BlobRouteDeps {
  readonly blobs: BlobStore;
  /** Whether this request may have this blob: `public` when everybody may. */
  readonly mayRead: (request: FastifyRequest, sha256: string) => 'public' | 'private' | null;
  /** Answers to one network that are under way. */
  readonly mostAtOnce: number;
  /** Where public blobs are downloaded from instead, with a slash at the end. */
  readonly publicUrl: URL | null;
  readonly onSent: (kind: 'coordinator' | 'cdn', bytes: number) => void;
}

/** Rules B1, B1a and B6. */
export const blobRoutes =
  ({ blobs, mayRead, mostAtOnce, publicUrl, onSent }: BlobRouteDeps): FastifyPluginAsyncZod =>
  async (app) => {
    const readers = createTurnstile(mostAtOnce);

    async function* read(sha256: string, start: number, end: number) {
      for (let at = start; at < end; at += CHUNK_BYTES) {
        const chunk = await blobs.get(sha256, { start: at, end: Math.min(end, at + CHUNK_BYTES) });
        if (!chunk) throw new Error(`blob ${sha256} went away while it was read`);
        onSent('coordinator', chunk.byteLength);
        yield chunk;
      }
    }

    /** A CDN that fetches what it does not have (RFC 8586), and whoever got nothing there, get the bytes here. */
    const isDirect = (request: FastifyRequest) =>
      request.headers['cdn-loop'] !== undefined || 'direct' in (request.query as object);

    async function answer(request: FastifyRequest, reply: FastifyReply, sha256: string) {
      const access = mayRead(request, sha256);
      const size = access && (await blobs.size(sha256));
      if (size === null) throw new PathfoldError('not_found', 'There is no such blob, or it is not for everybody.');
      const etag = `"${sha256}"`;
      reply
        .header('etag', etag)
        .header('accept-ranges', 'bytes')
        .header('cache-control', `${access}, max-age=31536000, immutable`)
        .type('application/octet-stream');
      if (request.headers['if-none-match']?.includes(etag)) return reply.code(304).send();
      const ifRange = request.headers['if-range'];
      const wanted = ifRange === undefined || ifRange === etag ? request.headers.range : undefined;
      let range: ReturnType<typeof readRange>;
      try {
        range = readRange(wanted, size);
      } catch (error) {
        reply.header('content-range', `bytes */${size}`).removeHeader('cache-control');
        throw error;
      }
      const { start, end } = range ?? { start: 0, end: size };
      const about = () => {
        if (range) reply.code(206).header('content-range', `bytes ${start}-${end - 1}/${size}`);
        return reply.header('content-length', end - start);
      };
      if (request.method === 'HEAD') return about().send();
      if (publicUrl && access === 'public') {
        if (!isDirect(request)) {
          onSent('cdn', end - start);
          reply.removeHeader('etag').removeHeader('content-type').header('cache-control', 'no-store');
          return reply.redirect(new URL(sha256, publicUrl).href, 307);
        }
        // The CDN passes these on with the bytes, to pages of this coordinator.
        reply.header('access-control-allow-origin', '*').header('cross-origin-resource-policy', 'cross-origin');
      }
      const leave = readers.enter(networkOf(request.ip));
      if (!leave) {
        reply.removeHeader('cache-control');
        throw new PathfoldError('rate_limited', 'Too many blobs at once to this address.');
      }
      onceOver(request, reply, leave);
      return about().send(Readable.from(read(sha256, start, end)));
    }

    app.route({
      method: ['GET', 'HEAD'],
      url: '/blobs/:sha256',
      config: { countsItself: true, rateLimit: { max: BLOBS_PER_MINUTE } },
      schema: {
        tags: ['blobs'],
        params: z.object({ sha256: Sha256 }),
        querystring: z.object({ direct: z.string().optional() }),
      },
      handler: (request, reply) => answer(request, reply, request.params.sha256),
    });

    const tableOf = createPieceTables(blobs);
    app.get(
      '/blobs/:sha256/pieces',
      {
        config: { countsItself: true, rateLimit: { max: BLOBS_PER_MINUTE } },
        schema: { tags: ['blobs'], params: z.object({ sha256: Sha256 }) },
      },
      async (request, reply) => {
        const { sha256 } = request.params;
        const access = mayRead(request, sha256);
        const table = access && (await tableOf(sha256));
        if (!table)
          throw new PathfoldError('not_found', 'There is no such blob, it is not for everybody, or it has no pieces.');
        return reply
          .header('cache-control', `${access}, max-age=31536000, immutable`)
          .type('application/octet-stream')
          .send(table);
      },
    );
  };
