import { createHash } from 'node:crypto';
import { PathfoldError } from '@pathfold/protocol/errors';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import * as z from 'zod';
import { ExportCache, type ExportFile } from './export-cache.ts';
import { EXPORTS, parseFileName } from './exports.ts';
import { hangUpOf } from './hang-up.ts';
import { baseVersion, pathVersion, routerOf, solePath } from './path-source.ts';
import type { PromptWorker } from './prompt-worker.ts';
import type { PromptDeps, PromptRun } from './runs.ts';

/** `PATH.modules.json`: what a path is made of now, for those who fetch only the modules that they lack. */
const MODULES = '.modules.json';
const WHOLE_RUN = ['tokenizer.json', 'router.json', 'base-features.onnx'];
const FILES = `One of ${[...EXPORTS.keys()].map((format) => `{path}.${format}`).join(', ')}, {path}${MODULES}, ${WHOLE_RUN.join(', ')}; {path} is one expert a level, 0 or 0-3.`;
const MAX_CACHED_BYTES = 256 * 1024 * 1024;

const json = (value: unknown): ExportFile => {
  const bytes = new TextEncoder().encode(`${JSON.stringify(value, null, 2)}\n`);
  return { bytes, sha256: createHash('sha256').update(bytes).digest('hex') };
};

/** `GET /api/v1/runs/{id}/export/{file}`: the trained model in the formats of others. */
export const exportRoutes =
  ({ runs, blobs, isOperator }: PromptDeps, worker: PromptWorker): FastifyPluginAsyncZod =>
  async (app) => {
    const cache = new ExportCache(MAX_CACHED_BYTES);

    const tokenizerOf = async (run: PromptRun): Promise<ExportFile> => {
      const bytes = run.tokenizer && (await blobs.get(run.tokenizer.sha256));
      if (!run.tokenizer || !bytes) throw new PathfoldError('not_ready', `Run ${run.id} is not prepared.`);
      return { bytes, sha256: run.tokenizer.sha256 };
    };
    const routerFile = async (run: PromptRun): Promise<ExportFile> => {
      const sole = solePath(run);
      return sole === null
        ? { bytes: (await routerOf(run, blobs)).bytes, sha256: run.router!.sha256 }
        : json({ kind: 'single', paths: [sole] });
    };
    const featuresFile = async (run: PromptRun, hangUp: AbortSignal): Promise<ExportFile> => {
      await tokenizerOf(run);
      if (!run.base) throw new PathfoldError('not_found', `Run ${run.id} has no base, so it reads no features.`);
      const base = baseVersion(run, blobs);
      return cache.get(`features ${base.key}`, hangUp, (signal) => worker.writeFeatures(base, signal));
    };

    const fileOf = async (
      run: PromptRun,
      file: string,
      hangUp: AbortSignal,
    ): Promise<{ type: string; content: ExportFile; round?: number }> => {
      if (file === 'tokenizer.json') return { type: 'application/json', content: await tokenizerOf(run) };
      if (file === 'router.json') return { type: 'application/json', content: await routerFile(run) };
      if (file === 'base-features.onnx')
        return { type: 'application/octet-stream', content: await featuresFile(run, hangUp) };
      if (file.endsWith(MODULES)) {
        const { modules, round } = pathVersion(run, file.slice(0, -MODULES.length), blobs);
        return { type: 'application/json', content: json(modules), round };
      }
      const name = parseFileName(file);
      if (!name) throw new PathfoldError('not_found', `${file} is not an export.`);
      const version = pathVersion(run, name.path, blobs);
      const notes = {
        runName: run.spec.name,
        path: version.path,
        round: version.round,
        corpusName: run.corpusName,
        licence: run.spec.licence,
      };
      const content = await cache.get(JSON.stringify([version.key, name.format, notes]), hangUp, (signal) =>
        worker.write(version, name.format, notes, signal),
      );
      return { type: EXPORTS.get(name.format)!.contentType, content, round: version.round };
    };

    app.get(
      '/api/v1/runs/:id/export/:file',
      {
        schema: {
          tags: ['runs'],
          summary: 'The trained model in the formats of others',
          params: z.object({ id: z.string(), file: z.string().describe(FILES) }),
        },
      },
      async (request, reply) => {
        const { id, file } = request.params;
        const hangUp = hangUpOf(request, reply);
        const run = await runs.get(id);
        if (!run || (run.spec.visibility === 'private' && !isOperator(request)))
          throw new PathfoldError('not_found', `There is no run ${id}.`);
        const { type, content, round } = await fileOf(run, file, hangUp);
        const etag = `"${content.sha256}"`;
        reply.header('etag', etag).header('cache-control', 'no-cache');
        if (round !== undefined) reply.header('x-pathfold-round', round);
        if (request.headers['if-none-match']?.includes(etag)) return reply.code(304).send();
        return reply
          .type(type)
          .header('content-disposition', `attachment; filename="${run.id}-${file}"`)
          .send(Buffer.from(content.bytes.buffer, content.bytes.byteOffset, content.bytes.byteLength));
      },
    );
  };
