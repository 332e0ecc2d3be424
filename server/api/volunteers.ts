import { PathfoldError } from '@pathfold/protocol/errors';
import { ContributionResource, listOf, VolunteerDetail, VolunteerResource } from '@pathfold/protocol/resources';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import * as z from 'zod';
import type { Host } from '../host.ts';
import { operatorOnly } from '../security/operator.ts';
import type { Lists } from '../store/lists.ts';
import { PageQuery } from './paging.ts';

const tags = ['volunteers'];
const params = z.object({ id: z.string().regex(/^[\w-]{22}$/) });

export const volunteerRoutes =
  (host: Host, lists: Lists): FastifyPluginAsyncZod =>
  async (app) => {
    const known = async (id: string) => {
      const volunteer = await lists.volunteer(id);
      if (!volunteer) throw new PathfoldError('not_found', `There is no volunteer ${id}.`);
      return volunteer;
    };

    app.get(
      '/volunteers',
      {
        preParsing: operatorOnly,
        schema: { tags, querystring: PageQuery, response: { 200: listOf(VolunteerResource) } },
      },
      async ({ query }) => lists.volunteers(null, query),
    );

    app.get(
      '/volunteers/:id',
      { schema: { tags, params, response: { 200: VolunteerDetail } } },
      async ({ params: { id } }) => {
        const volunteer = await known(id);
        return { ...volunteer, contributions: (await lists.contributions({ volunteer: id }, {})).items };
      },
    );

    app.get(
      '/volunteers/:id/contributions',
      {
        schema: {
          tags,
          summary: 'Its work, the newest first, with the reason of each rejection',
          params,
          querystring: PageQuery,
          response: { 200: listOf(ContributionResource) },
        },
      },
      async ({ params: { id }, query }) => lists.contributions({ volunteer: (await known(id)).id }, query),
    );

    app.post(
      '/volunteers/:id/ban',
      { preParsing: operatorOnly, schema: { tags, params, response: { 200: VolunteerResource } } },
      async (request) => {
        const { id } = await known(request.params.id);
        await host.record({ type: 'VolunteerBanned', volunteer: id });
        return known(id);
      },
    );
  };
