import { Readable } from 'node:stream';
import type { Question } from '@pathfold/inference/answer';
import type { Routed } from '@pathfold/inference/route';
import { PathfoldError } from '@pathfold/protocol/errors';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type FastifyPluginAsyncZod, serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod';
import * as z from 'zod';
import { createGuesses } from '../security/guesses.ts';
import { secretsEqual } from '../security/secrets.ts';
import { hangUpOf } from './hang-up.ts';
import { createNetworkAnswers } from './network-answer.ts';
import { CHAT, COMPLETIONS, type Dialect, streamedAnswers, type Telling, wholeAnswers } from './openai-answers.ts';
import { type Asked, chatAsked, completionAsked } from './openai-asked.ts';
import { embeddings } from './openai-embeddings.ts';
import { answerOpenAiError } from './openai-errors.ts';
import { ChatBody, CompletionBody, EmbeddingBody } from './openai-schema.ts';
import { baseVersion, pathVersion, solePath } from './path-source.ts';
import type { Answered, PromptWorker, Rerouting } from './prompt-worker.ts';
import type { PromptDeps, PromptRun } from './runs.ts';

/** Room for the longest prompt, whose characters take up to six bytes each. */
const MAX_BODY_BYTES = 2 * 1024 * 1024;

const newestOf = (runs: readonly PromptRun[]): PromptRun | null =>
  runs.toSorted((a, b) => b.createdAt.localeCompare(a.createdAt))[0] ?? null;

/** Waits for the first piece, so that errors before it still become a status; the iterable begins with it. */
const peek = async (parts: AsyncIterable<Answered>): Promise<AsyncIterable<Answered>> => {
  const iterator = parts[Symbol.asyncIterator]();
  const first = await iterator.next();
  return (async function* () {
    try {
      for (let next = first; !next.done; next = await iterator.next()) yield next.value;
    } finally {
      await iterator.return?.();
    }
  })();
};

/**
 * `/v1/models`, `/v1/completions`, `/v1/chat/completions` and `/v1/embeddings`, as OpenAI's clients call them; a model is a run. `router`
 * finds the paths of prompts and nothing else: one that volunteers answer waits for no answer of the coordinator's.
 */
export const openAiRoutes =
  (deps: PromptDeps, worker: PromptWorker, router: PromptWorker): FastifyPluginAsyncZod =>
  async (app) => {
    const { runs, blobs, promptKey, isOperator } = deps;
    const networkAnswer = createNetworkAnswers(deps, worker);
    app.setValidatorCompiler(validatorCompiler);
    app.setSerializerCompiler(serializerCompiler);
    app.setErrorHandler(answerOpenAiError);

    const hasKey = (request: FastifyRequest): boolean => {
      const [, key] = /^Bearer (.+)$/i.exec(request.headers.authorization ?? '') ?? [];
      return promptKey !== null && key !== undefined && secretsEqual(key, promptKey);
    };
    const guess = createGuesses();
    // After the rate limit, before anything is read.
    app.addHook('preParsing', async (request, reply) => {
      if (promptKey === null) return;
      const isRight = hasKey(request) || isOperator(request);
      if (request.headers.authorization !== undefined) guess(request, reply, isRight);
      if (!isRight) throw new PathfoldError('unauthorized', 'Send the key of this coordinator as a bearer token.');
    });

    const mayRead = (request: FastifyRequest, run: PromptRun): boolean =>
      run.spec.visibility === 'public' || hasKey(request) || isOperator(request);
    /** By its id; else the newest of that name. */
    const findRun = async (request: FastifyRequest, id: string): Promise<PromptRun> => {
      const named = async () => (await runs.list()).filter((run) => run.spec.name === id && mayRead(request, run));
      const run = (await runs.get(id)) ?? newestOf(await named());
      if (!run || !mayRead(request, run)) throw new PathfoldError('not_found', `There is no model ${id}.`);
      if (run.modules.length === 0) throw new PathfoldError('not_ready', `Run ${id} is not prepared.`);
      return run;
    };
    const modelOf = ({ id, createdAt }: PromptRun) => ({
      id,
      object: 'model',
      created: Math.floor(Date.parse(createdAt) / 1000),
      owned_by: 'pathfold',
    });

    app.get('/models', { schema: { tags: ['prompts'] } }, async (request) => ({
      object: 'list',
      data: (await runs.list()).filter((run) => mayRead(request, run) && run.modules.length > 0).map(modelOf),
    }));
    app.get('/models/:id', { schema: { tags: ['prompts'], params: z.object({ id: z.string() }) } }, async (request) =>
      modelOf(await findRun(request, request.params.id)),
    );

    /** Where a prompt goes, as a document with the same beginning would; its tokens, where they were read. */
    const routePrompt = async (
      run: PromptRun,
      { prompt }: Question,
      read: boolean,
      signal: AbortSignal,
    ): Promise<{ routed: Routed; ids: number[] }> => {
      const sole = solePath(run);
      if (sole !== null && !read) return { routed: { path: sole, runnerUp: null }, ids: [] };
      if (sole === null && !run.router)
        throw new PathfoldError('not_ready', `The documents of run ${run.id} are not routed yet.`);
      const base = sole === null ? baseVersion(run, blobs) : pathVersion(run, sole, blobs);
      return router.route(base, prompt, signal);
    };

    const reroutingOf = (run: PromptRun, every: number | null | undefined): Rerouting | null =>
      every && solePath(run) === null
        ? {
            every,
            versionOf: (wanted) => ('path' in wanted ? pathVersion(run, wanted.path, blobs) : baseVersion(run, blobs)),
          }
        : null;

    const respond = async (
      request: FastifyRequest,
      reply: FastifyReply,
      dialect: Dialect,
      body: CompletionBody | ChatBody,
      { questions, n, bestOf, logprobs }: Asked,
    ) => {
      const hangUp = hangUpOf(request, reply);
      const run = await findRun(request, body.model);
      const byNetwork = body.pathfold?.network === true;
      const prompts: { question: Question; routed: Routed; ids: number[] }[] = [];
      for (const question of questions)
        prompts.push({ question, ...(await routePrompt(run, question, byNetwork, hangUp)) });
      const paths = new Set(prompts.map(({ routed }) => routed.path));
      reply.header('x-pathfold-path', [...paths].join(', ')).header('cache-control', 'no-store');

      const answer = ({ question, routed, ids }: (typeof prompts)[0], sample: number) => {
        const version = pathVersion(run, routed.path, blobs);
        const drawn = { ...question, seed: (question.seed + sample) | 0 };
        return byNetwork
          ? networkAnswer(run, version, drawn, ids, hangUp)
          : worker.ask(version, drawn, reroutingOf(run, body.pathfold?.reroute_every), hangUp);
      };
      const answers = prompts.map((prompt) =>
        Array.from({ length: bestOf }, (_, sample) => () => answer(prompt, sample) as AsyncIterable<Answered>),
      );
      const includeUsage = body.stream_options?.include_usage === true;
      const { routed } = prompts[0]!;
      const extended = body.pathfold != null;
      const telling: Telling = { dialect, model: run.id, routed, extended, includeUsage, logprobs };
      if (!body.stream) return wholeAnswers(telling, answers, n);
      const first = await peek(answers[0]![0]!());
      const events = streamedAnswers(telling, [[() => first, ...answers[0]!.slice(1)], ...answers.slice(1)]);
      return reply
        .type('text/event-stream; charset=utf-8')
        .header('x-accel-buffering', 'no')
        .serializer((payload: string) => payload)
        .send(Readable.from(events));
    };
    const promptRoute = <T extends z.ZodType>(body: T) => ({
      bodyLimit: MAX_BODY_BYTES,
      schema: { tags: ['prompts'], body },
    });
    app.post('/completions', promptRoute(CompletionBody), (request, reply) =>
      respond(request, reply, COMPLETIONS, request.body, completionAsked(request.body)),
    );
    app.post('/embeddings', promptRoute(EmbeddingBody), async (request, reply) => {
      const run = await findRun(request, request.body.model);
      reply.header('cache-control', 'no-store');
      return embeddings(run, blobs, router, request.body, hangUpOf(request, reply));
    });
    app.post('/chat/completions', promptRoute(ChatBody), (request, reply) =>
      respond(request, reply, CHAT, request.body, chatAsked(request.body)),
    );
  };
