import { PathfoldError } from '@pathfold/protocol/errors';
import type { RunEvent } from '@pathfold/protocol/resources';
import type { FastifyReply } from 'fastify';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import * as z from 'zod';
import type { Feed } from '../runs/feed.ts';
import type { Views } from '../runs/views.ts';
import { createTurnstile } from '../sockets/allowance.ts';
import { networkOf } from '../sockets/network.ts';

const HEARTBEAT_MS = 15_000;
const MOST_WAITING_BYTES = 1024 * 1024;
/** From one network: each reads much. */
const OPENINGS_PER_MINUTE = 300;

/** Live events as server-sent events. A reader that falls far behind is cut off, and comes again with Last-Event-ID. */
export const runEventRoutes =
  (feed: Feed, views: Views, streamsPerAddress: number): FastifyPluginAsyncZod =>
  async (app) => {
    const streams = createTurnstile(streamsPerAddress);
    const open = new Set<FastifyReply>();
    app.addHook('preClose', async () => {
      for (const reply of open) reply.raw.end();
    });

    app.get(
      '/runs/:id/events',
      {
        config: { countsItself: true, rateLimit: { max: OPENINGS_PER_MINUTE } },
        // Only GET has an answer that goes on.
        exposeHeadRoute: false,
        schema: {
          tags: ['runs'],
          summary: 'Live events of a run: text/event-stream of RunEvent',
          params: z.object({ id: z.string() }),
        },
      },
      async (request, reply) => {
        const { id } = request.params;
        views.entry(id, request.isOperator());
        const leave = streams.enter(networkOf(request.ip));
        if (!leave) throw new PathfoldError('rate_limited', 'Too many event streams from this address.');
        const last = Number(request.headers['last-event-id'] ?? Number.NaN);
        reply.hijack();
        open.add(reply);
        const { raw } = reply;
        for (const [name, value] of Object.entries(reply.getHeaders())) if (value) raw.setHeader(name, value);
        raw.writeHead(200, {
          'content-type': 'text/event-stream',
          'cache-control': 'no-store',
          'x-accel-buffering': 'no',
        });
        const write = (text: string) => {
          if (raw.writableLength > MOST_WAITING_BYTES) raw.destroy();
          else if (!raw.writableEnded) raw.write(text);
        };
        const send = (event: RunEvent, point: number) => write(`id: ${point}\ndata: ${JSON.stringify(event)}\n\n`);
        const heartbeat = setInterval(() => write(': alive\n\n'), HEARTBEAT_MS);
        const following = feed.follow(id, Number.isSafeInteger(last) ? last : null, send, () => raw.end());
        raw.on('close', () => {
          clearInterval(heartbeat);
          open.delete(reply);
          // A read that was begun for a reader that left still ends.
          following
            .then((stop) => stop())
            .catch(() => {})
            .finally(leave);
        });
        await following.catch((err) => {
          request.log.warn({ err }, 'live events failed');
          raw.end();
        });
      },
    );
  };
