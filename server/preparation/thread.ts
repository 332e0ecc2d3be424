import { readFile } from 'node:fs/promises';
import type { MessagePort } from 'node:worker_threads';
import type { BlobStore } from '@pathfold/blobs/blob-store';
import { diskBlobs } from '@pathfold/blobs/disk';
import type { ModuleFacts } from '@pathfold/coordination/work-plan';
import { textBytes } from '@pathfold/corpora/document';
import { domainsOf, prepareCorpus } from '@pathfold/corpora/prepare';
import { splitDocuments } from '@pathfold/corpora/split';
import { starterDocuments } from '@pathfold/corpora/starter';
import { moduleTensors } from '@pathfold/nets/llama-modules';
import { initModule } from '@pathfold/nets/modules';
import { PathfoldError } from '@pathfold/protocol/errors';
import { SPLITS, type Split } from '@pathfold/protocol/resources';
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
  { files, model, levels, seed }: PrepareJob,
  blobs: BlobStore,
  say: (words: string) => void,
): Promise<PrepareResult> {
  const parts = SPLITS.map(async (split) => {
    const bytes = await blobs.get(files[split].sha256);
    if (!bytes) throw new Error(`the documents of the ${split} split are gone`);
    return readDocuments(bytes);
  });
  const { tokenizer, train, trainTokens, documents, baselines } = await prepareCorpus({
    documents: (await Promise.all(parts)).flat(),
    vocabulary: model.vocabulary,
    context: model.context,
    seed,
    blobs,
    onProgress: ({ stage, fraction }) => say(`preparing the text: ${stage} (${Math.round(100 * fraction)} %)`),
  });
  const modules: Record<string, ModuleFacts> = {};
  for (const shape of moduleTensors(model, levels)) {
    const values = initModule(shape, seed);
    const blob = await blobs.put(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
    modules[shape.name] = { parameterCount: shape.parameterCount, version: 0, blob, state: null };
  }
  return { tokenizer, shard: train, shardTokens: trainTokens, documents, baselines, modules };
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
