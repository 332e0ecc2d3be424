import { readFile } from 'node:fs/promises';
import type { MessagePort } from 'node:worker_threads';
import type { BlobStore } from '@pathfold/blobs/blob-store';
import { diskBlobs } from '@pathfold/blobs/disk';
import { bytesOf, floatsOf } from '@pathfold/checkpoint/layout';
import { pathIds, pathModules } from '@pathfold/checkpoint/levels';
import { densePath, joinModules, splitPath } from '@pathfold/checkpoint/path';
import { initModule } from '@pathfold/checkpoint/sources/seed';
import type { ModuleFacts } from '@pathfold/coordination/work-plan';
import { textBytes } from '@pathfold/corpora/document';
import { domainsOf, prepareCorpus } from '@pathfold/corpora/prepare';
import { splitDocuments } from '@pathfold/corpora/split';
import { starterDocuments } from '@pathfold/corpora/starter';
import type { BlobRef } from '@pathfold/protocol/blob';
import { PathfoldError } from '@pathfold/protocol/errors';
import { SPLITS, type Split } from '@pathfold/protocol/resources';
import { levelsOf, pathCountOf, type RunSpec } from '@pathfold/protocol/run-spec';
import { readDocuments, writeDocuments } from './documents.ts';
import type { Job, PrepareJob, PrepareResult, SplitJob, SplitResult } from './jobs.ts';

/** Runs in a worker thread: one job at a time. */
export interface ThreadJob {
  readonly job: Job;
  readonly blobFolder: string;
  /** Where words about the progress go. */
  readonly progress: MessagePort;
}

/** Errors lose their class between threads; this keeps what a PathfoldError says. */
export type ThreadAnswer =
  | { readonly value: SplitResult | PrepareResult }
  | { readonly code: PathfoldError['code']; readonly detail: string };

async function split({ path }: SplitJob, blobs: BlobStore): Promise<SplitResult> {
  const documents = path === null ? starterDocuments() : readDocuments(await readFile(path));
  if (documents.length === 0) throw new PathfoldError('corpus_empty');
  const splits = splitDocuments(documents);
  const store = (split: Split) => blobs.put(writeDocuments(documents.filter((_, index) => splits[index] === split)));
  return {
    files: { train: await store('train'), router: await store('router'), test: await store('test') },
    documentCount: documents.length,
    textBytes: documents.reduce((sum, { text }) => sum + textBytes(text), 0),
    domains: domainsOf(documents),
  };
}

async function prepare(
  { files, spec, base }: PrepareJob,
  blobs: BlobStore,
  say: (words: string) => void,
): Promise<PrepareResult> {
  const read = async ({ sha256 }: BlobRef, what: string): Promise<Uint8Array> => {
    const bytes = await blobs.get(sha256);
    if (!bytes) throw new Error(`${what} is gone`);
    return bytes;
  };
  const parts = SPLITS.map(async (split) => readDocuments(await read(files[split], `the ${split} split`)));
  const splits = await Promise.all(parts);
  const paths = pathCountOf(levelsOf(spec));
  if (splits[0]!.length < paths)
    throw new PathfoldError(
      'corpus_too_short',
      `${splits[0]!.length} training documents for ${paths} paths: ask for fewer paths, or add documents`,
    );
  const {
    tokenizer,
    trainTokens,
    documents,
    baselines,
    splits: counted,
  } = await prepareCorpus({
    documents: splits.flat(),
    vocabulary: spec.model.vocabulary,
    context: spec.model.context,
    prefixBytes: spec.routing.prefixBytes,
    tokenizer: base && new TextDecoder().decode(await read(base.tokenizer, 'the tokenizer of the base')),
    seed: spec.seed,
    blobs,
    onProgress: ({ stage, fraction }) => say(`preparing the text: ${stage} (${Math.round(100 * fraction)} %)`),
  });
  const start = base && (await Promise.all(base.modules.map((blob) => read(blob, 'a module of the base'))));
  const documentCounts = {
    train: counted.train.documentCount,
    router: counted.router.documentCount,
    test: counted.test.documentCount,
  };
  return { tokenizer, trainTokens, documents, documentCounts, baselines, ...(await firstModules(spec, start, blobs)) };
}

/** Every module at version 0: drawn from the seed, or cut out of the base, of which `start` are the modules in order. */
async function firstModules(spec: RunSpec, start: readonly Uint8Array[] | null, blobs: BlobStore) {
  const { model, seed, embedding } = spec;
  const values = start && joinModules(start.map(floatsOf));
  const levels = levelsOf(spec);
  const modules: Record<string, ModuleFacts> = {};
  for (const id of pathIds(levels)) {
    const shapes = pathModules(model, levels, id, embedding);
    const cut = values && splitPath(values, { modules: shapes });
    for (const [i, shape] of shapes.entries()) {
      const { name, parameterCount } = shape;
      if (!modules[name])
        modules[name] = {
          parameterCount,
          version: 0,
          blob: await blobs.put(bytesOf(cut?.[i] ?? initModule(shape, seed))),
          state: null,
        };
    }
  }
  if (!values) return { modules, base: null };
  const dense = densePath(model);
  const base = await Promise.all(
    splitPath(values, dense).map(async (part, i) => ({
      ...{ name: dense.modules[i]!.name, version: 0 },
      ...(await blobs.put(bytesOf(part))),
    })),
  );
  return { modules, base };
}

export default async ({ job, blobFolder, progress }: ThreadJob): Promise<ThreadAnswer> => {
  const blobs = diskBlobs(blobFolder);
  const say = (words: string) => progress.postMessage(words);
  try {
    return { value: await (job.type === 'split' ? split(job, blobs) : prepare(job, blobs, say)) };
  } catch (error) {
    if (error instanceof PathfoldError) return { code: error.code, detail: error.detail };
    throw error;
  } finally {
    progress.close();
  }
};
