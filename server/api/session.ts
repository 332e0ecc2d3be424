import { PathfoldError } from '@pathfold/protocol/errors';
import { SessionResource, SignIn } from '@pathfold/protocol/resources';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import * as z from 'zod';
import { type OperatorKeys, operatorOnly, sessionCookie, sessionOf } from '../security/operator.ts';

/** Signing in and out, and the operator token for programs. */
export const sessionRoutes =
  (keys: OperatorKeys, secure: boolean): FastifyPluginAsyncZod =>
  async (app) => {
    const cookie = sessionCookie(secure);
    const limit = { rateLimit: { max: 30, timeWindow: 60_000 } };

    app.get(
      '/session',
      { schema: { tags: ['session'], response: { 200: SessionResource } } },
      async (request, reply) => ({ operator: request.provesOperator(reply) }),
    );

    app.post(
      '/session',
      { config: limit, schema: { tags: ['session'], body: SignIn, response: { 200: SessionResource } } },
      async ({ body }, reply) => {
        if ('token' in body && !keys.isToken(body.token))
          throw new PathfoldError('unauthorized', 'This is not the operator token.');
        const session = 'code' in body ? await keys.signIn(body.code) : await keys.newSession();
        reply.setCookie(cookie.name, session, cookie.options);
        return { operator: true };
      },
    );

    app.delete(
      '/session',
      { schema: { tags: ['session'], response: { 200: SessionResource } } },
      async (request, reply) => {
        const session = sessionOf(request);
        if (session !== null) await keys.signOut(session);
        reply.clearCookie(cookie.name, cookie.options);
        return { operator: false };
      },
    );

    app.post(
      '/operator-token',
      {
        preParsing: operatorOnly,
        schema: {
          tags: ['session'],
          summary: 'Makes a new operator token in place of the last one; it is shown only here.',
          response: { 201: z.object({ token: z.string() }) },
        },
      },
      async (_request, reply) => reply.code(201).send({ token: await keys.newToken() }),
    );
  };
