import type { Readable } from 'node:stream';
import type { BlobStore } from '@pathfold/blobs/blob-store';
import { PathfoldError } from '@pathfold/protocol/errors';
import { CorpusResource, CorpusUploadQuery, DocumentResource, listOf, SPLITS } from '@pathfold/protocol/resources';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import * as z from 'zod';
import { type Library, STARTER } from '../corpora/corpora.ts';
import { pageOfDocuments } from '../preparation/documents.ts';
import type { RunRegistry } from '../runs/registry.ts';
import { operatorOnly } from '../security/operator.ts';
import type { Corpora } from '../store/corpora.ts';
import { PageQuery } from './paging.ts';

export interface CorpusRouteDeps {
  readonly corpora: Corpora;
  readonly library: Library;
  readonly blobs: BlobStore;
  readonly registry: RunRegistry;
}

const KINDS = { 'text/plain': 'txt', 'application/x-ndjson': 'jsonl', 'application/jsonl': 'jsonl' } as const;
/** Bytes of documents in one answer; a longer document comes alone. */
const PAGE_BYTES = 1024 ** 2;
const tags = ['corpora'];
const params = z.object({ id: z.string().min(1).max(80) });

export const corpusRoutes =
  ({ corpora, library, blobs, registry }: CorpusRouteDeps): FastifyPluginAsyncZod =>
  async (app) => {
    /** Texts that an operator uploaded for private runs alone are for operators alone. */
    const isHidden = (id: string) => {
      const runs = registry.list().filter(({ corpus }) => corpus.id === id);
      return id !== STARTER && runs.length > 0 && runs.every(({ spec }) => spec.visibility === 'private');
    };
    const known = async (id: string, isOperator: boolean) => {
      const corpus = await corpora.get(id);
      if (!corpus || (isHidden(id) && !isOperator)) throw new PathfoldError('not_found', `There is no corpus ${id}.`);
      return corpus;
    };

    app.get(
      '/corpora',
      { schema: { tags, querystring: PageQuery, response: { 200: listOf(CorpusResource) } } },
      async (request) => {
        const { items, next } = await corpora.list(request.query);
        return { items: items.filter(({ id }) => request.isOperator() || !isHidden(id)), next };
      },
    );

    app.get('/corpora/:id', { schema: { tags, params, response: { 200: CorpusResource } } }, async (request) =>
      known(request.params.id, request.isOperator()),
    );

    await app.register(async (scope: typeof app) => {
      // The body has no limit of Fastify's: nothing may read it whole.
      scope.removeAllContentTypeParsers();
      scope.addContentTypeParser('*', (_request, payload, done) => done(null, payload));
      scope.post(
        '/corpora',
        {
          preParsing: operatorOnly,
          bodyLimit: Number.MAX_SAFE_INTEGER,
          schema: {
            tags,
            summary: 'Upload: text/plain, or application/x-ndjson with {"text","domain"?} a line',
            querystring: CorpusUploadQuery,
            response: { 201: CorpusResource },
          },
        },
        async (request, reply) => {
          const type = (request.headers['content-type'] ?? '').split(';', 1)[0]!.trim().toLowerCase();
          const kind = KINDS[type as keyof typeof KINDS];
          if (!kind) throw new PathfoldError('unsupported_media_type', `Send one of ${Object.keys(KINDS).join(', ')}.`);
          try {
            return reply.code(201).send(await library.upload(request.query, kind, request.body as Readable));
          } catch (error) {
            reply.header('connection', 'close');
            throw error;
          }
        },
      );
    });

    app.delete('/corpora/:id', { preParsing: operatorOnly, schema: { tags, params } }, async (request, reply) => {
      const { id } = await known(request.params.id, true);
      const user = registry.list().find(({ corpus }) => corpus.id === id);
      if (user) throw new PathfoldError('corpus_in_use', `The run ${user.spec.name} (${user.id}) uses it.`);
      await corpora.delete(id);
      return reply.code(204).send();
    });

    app.get(
      '/corpora/:id/documents',
      {
        schema: {
          tags,
          params,
          querystring: PageQuery.extend({ split: z.enum(SPLITS) }),
          response: { 200: listOf(DocumentResource) },
        },
      },
      async (request) => {
        const { split, limit, cursor } = request.query;
        const blob = (await known(request.params.id, request.isOperator())).files[split];
        if (!blob) throw new PathfoldError('wrong_state', 'The corpus is not split yet.');
        const { items, next } = await pageOfDocuments(blobs, blob, {
          offset: Number(cursor ?? 0),
          limit,
          maxBytes: PAGE_BYTES,
        });
        return { items, next: next === null ? null : String(next) };
      },
    );
  };
