import { PathfoldError } from '@pathfold/protocol/errors';
import { ContributionResource, listOf, VolunteerDetail, VolunteerResource } from '@pathfold/protocol/resources';
import type { FastifyRequest } from 'fastify';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import * as z from 'zod';
import type { Host } from '../host.ts';
import type { RunRegistry } from '../runs/registry.ts';
import { operatorOnly } from '../security/operator.ts';
import type { Lists } from '../store/lists.ts';
import type { Page } from '../store/page.ts';
import { PageQuery } from './paging.ts';

const tags = ['volunteers'];
const params = z.object({ id: z.string().regex(/^[\w-]{22}$/) });

export const volunteerRoutes =
  (host: Host, lists: Lists, registry: RunRegistry): FastifyPluginAsyncZod =>
  async (app) => {
    /** Its work, without that for private runs unless an operator asks: a page may then hold fewer. */
    const workOf = async (volunteer: string, page: Page, request: FastifyRequest) => {
      const { items, next } = await lists.contributions({ volunteer }, page);
      const isShown = ({ run }: ContributionResource) => registry.get(run)?.spec.visibility !== 'private';
      return { items: request.isOperator() ? items : items.filter(isShown), next };
    };

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

    app.get('/volunteers/:id', { schema: { tags, params, response: { 200: VolunteerDetail } } }, async (request) => {
      const volunteer = await known(request.params.id);
      return { ...volunteer, contributions: (await workOf(volunteer.id, {}, request)).items };
    });

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
      async (request) => workOf((await known(request.params.id)).id, request.query, request),
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
