import {
  ActivityResource,
  ContributionResource,
  EstimateResource,
  EvaluationAnswer,
  HistoryPoint,
  LeaseResource,
  listOf,
  ModuleResource,
  PathResource,
  RouterResource,
  RunResource,
  VolunteerResource,
} from '@pathfold/protocol/resources';
import { Arrivals, MODES, RunSpec } from '@pathfold/protocol/run-spec';
import { Chart, StudySpec } from '@pathfold/protocol/study-spec';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import * as z from 'zod';
import type { Host } from '../host.ts';
import { activityOf } from '../runs/activity.ts';
import { estimate } from '../runs/estimate.ts';
import type { RunRegistry } from '../runs/registry.ts';
import type { Runs } from '../runs/runs.ts';
import { createSharedReads } from '../runs/shared-reads.ts';
import type { Views } from '../runs/views.ts';
import { operatorOnly } from '../security/operator.ts';
import type { Lists } from '../store/lists.ts';
import { PageQuery, pageOfArray, pageOfNewest } from './paging.ts';

export interface RunRouteDeps {
  readonly runs: Runs;
  readonly views: Views;
  readonly registry: RunRegistry;
  readonly lists: Lists;
  /** Whose clock events carry: it may be another than the system's, after a suspend. */
  readonly host: Pick<Host, 'now'>;
}

const tags = ['runs'];
/** Leases that the timeline of a run reads at most. */
const MOST_LEASES = 30_000;
/** It reads much: whoever looks at the same run sees the same for so long. */
const ACTIVITY_MS = 2000;
const ModeChange = z.strictObject({ mode: z.enum(MODES), arrivals: z.optional(z.nullable(Arrivals)) });
/** A language model to train, or a study: the one that has `study`. */
const RunRequest = z.unknown().transform((body, ctx) => {
  const isStudy = typeof body === 'object' && body !== null && 'study' in body;
  const result = (isStudy ? StudySpec : RunSpec).safeParse(body);
  if (result.success) return result.data;
  for (const issue of result.error.issues) ctx.addIssue({ ...issue, code: 'custom' });
  return z.NEVER;
});
const params = z.object({ id: z.string().min(1).max(80) });

export const runRoutes =
  ({ runs, views, registry, lists, host }: RunRouteDeps): FastifyPluginAsyncZod =>
  async (app) => {
    const activities = createSharedReads<z.infer<typeof ActivityResource>>(ACTIVITY_MS, Date.now);
    app.get(
      '/runs',
      { schema: { tags, querystring: PageQuery, response: { 200: listOf(RunResource) } } },
      async (request) => {
        const all = registry.list().filter(({ spec }) => spec.visibility === 'public' || request.isOperator());
        const page = pageOfNewest(all, request.query);
        return { items: await Promise.all(page.items.map(views.run)), next: page.next };
      },
    );

    app.post(
      '/runs',
      {
        preParsing: operatorOnly,
        config: { badBody: 'bad_run_spec', describedBody: z.union([RunSpec, StudySpec]) },
        schema: { tags, body: RunRequest, response: { 201: RunResource } },
      },
      async ({ body }, reply) => {
        const entry = 'study' in body ? await runs.createStudy(body) : await runs.create(body);
        return reply
          .code(201)
          .header('location', `/api/v1/runs/${entry.id}`)
          .send(await views.run(entry));
      },
    );

    app.post(
      '/runs/estimate',
      {
        config: { badBody: 'bad_run_spec' },
        schema: {
          tags,
          body: RunSpec,
          querystring: z.object({
            tokensPerSecond: z.coerce.number().min(0.001).max(1e9).default(2000),
            volunteers: z.coerce.number().int().min(1).max(1e6).optional(),
          }),
          response: { 200: EstimateResource },
        },
      },
      async ({ body, query: { tokensPerSecond, volunteers } }) => estimate(body, { tokensPerSecond, volunteers }),
    );

    app.get('/runs/:id', { schema: { tags, params, response: { 200: RunResource } } }, async (request) =>
      views.run(views.entry(request.params.id, request.isOperator())),
    );

    app.delete('/runs/:id', { preParsing: operatorOnly, schema: { tags, params } }, async (request, reply) => {
      await runs.delete(request.params.id);
      return reply.code(204).send();
    });

    const orders = {
      pause: (id: string) => runs.setState(id, 'paused'),
      resume: (id: string) => runs.setState(id, 'training'),
      stop: (id: string) => runs.setState(id, 'finished'),
      evaluate: (id: string) => runs.evaluate(id),
    };
    for (const [verb, order] of Object.entries(orders))
      app.post(
        `/runs/:id/${verb}`,
        { preParsing: operatorOnly, schema: { tags, params, response: { 200: RunResource } } },
        async (request) => {
          await order(request.params.id);
          return views.run(views.entry(request.params.id, true));
        },
      );

    app.post(
      '/runs/:id/grow',
      {
        preParsing: operatorOnly,
        schema: {
          tags,
          params,
          body: z.strictObject({ level: z.int().min(0).max(7), expert: z.int().min(0).max(63) }),
          response: { 200: RunResource },
        },
      },
      async (request) => {
        await runs.grow(request.params.id, request.body.level, request.body.expert);
        return views.run(views.entry(request.params.id, true));
      },
    );

    app.post(
      '/runs/:id/mode',
      {
        preParsing: operatorOnly,
        schema: { tags, params, body: ModeChange, response: { 200: RunResource } },
      },
      async (request) => {
        const { mode, arrivals } = request.body;
        await runs.setMode(request.params.id, mode, arrivals);
        return views.run(views.entry(request.params.id, true));
      },
    );

    app.post(
      '/runs/:id/rollback',
      {
        preParsing: operatorOnly,
        schema: { tags, params, body: z.strictObject({ round: z.int().min(0) }), response: { 200: RunResource } },
      },
      async (request) => {
        await runs.rollBack(request.params.id, request.body.round);
        return views.run(views.entry(request.params.id, true));
      },
    );

    app.get(
      '/runs/:id/history',
      { schema: { tags, params, response: { 200: z.object({ points: z.array(HistoryPoint) }) } } },
      async (request) => {
        const { id } = views.entry(request.params.id, request.isOperator());
        return { points: await lists.history(id) };
      },
    );

    app.get(
      '/runs/:id/charts',
      { schema: { tags, params, response: { 200: z.object({ charts: z.array(Chart) }) } } },
      async (request) => ({ charts: views.charts(views.entry(request.params.id, request.isOperator())) }),
    );

    app.get(
      '/runs/:id/activity',
      {
        schema: {
          tags,
          params,
          querystring: z.object({ minutes: z.coerce.number().int().min(1).max(120).default(15) }),
          response: { 200: ActivityResource },
        },
      },
      async (request) => {
        const entry = views.entry(request.params.id, request.isOperator());
        const { minutes } = request.query;
        return activities(`${entry.id} ${minutes}`, async () => {
          const now = host.now();
          const from = now - 60_000 * minutes;
          // Nobody waits for a run that gives no work.
          const waiting = views.trains(entry);
          const others = registry.list().flatMap(({ id }) => (id === entry.id ? [] : id));
          const asked = { run: entry.id, others, since: from, most: MOST_LEASES, waiting };
          const { since, ...activity } = await lists.activity(asked);
          return activityOf({ ...activity, waiting }, since, now);
        });
      },
    );

    app.get(
      '/runs/:id/router',
      { schema: { tags, params, querystring: PageQuery, response: { 200: listOf(RouterResource) } } },
      async (request) =>
        pageOfArray(await views.router(views.entry(request.params.id, request.isOperator())), request.query),
    );

    app.get(
      '/runs/:id/evaluation',
      { schema: { tags, params, response: { 200: EvaluationAnswer } } },
      async (request) => ({ evaluation: views.evaluation(views.entry(request.params.id, request.isOperator())) }),
    );

    app.get(
      '/runs/:id/paths',
      { schema: { tags, params, querystring: PageQuery, response: { 200: listOf(PathResource) } } },
      async (request) => pageOfArray(views.paths(views.entry(request.params.id, request.isOperator())), request.query),
    );

    app.get(
      '/runs/:id/modules',
      { schema: { tags, params, querystring: PageQuery, response: { 200: listOf(ModuleResource) } } },
      async (request) =>
        pageOfArray(views.modules(views.entry(request.params.id, request.isOperator())), request.query),
    );

    app.get(
      '/runs/:id/leases',
      { schema: { tags, params, querystring: PageQuery, response: { 200: listOf(LeaseResource) } } },
      async (request) => lists.leases(views.entry(request.params.id, request.isOperator()).id, request.query),
    );

    app.get(
      '/runs/:id/volunteers',
      { schema: { tags, params, querystring: PageQuery, response: { 200: listOf(VolunteerResource) } } },
      async (request) =>
        lists.volunteers({ run: views.entry(request.params.id, request.isOperator()).id }, request.query),
    );

    app.get(
      '/runs/:id/contributions',
      { schema: { tags, params, querystring: PageQuery, response: { 200: listOf(ContributionResource) } } },
      async (request) =>
        lists.contributions({ run: views.entry(request.params.id, request.isOperator()).id }, request.query),
    );
  };
