import { readFile } from 'node:fs/promises';
import type { MessagePort } from 'node:worker_threads';
import type { BlobStore } from '@pathfold/blobs/blob-store';
import { diskBlobs } from '@pathfold/blobs/disk';
import { newRun } from '@pathfold/checkpoint/new-run';
import { packagedBase } from '@pathfold/checkpoint/packaged-base';
import { loadPath } from '@pathfold/checkpoint/path';
import { fromBase } from '@pathfold/checkpoint/sources/base';
import { fromSeed } from '@pathfold/checkpoint/sources/seed';
import { textBytes } from '@pathfold/corpora/document';
import { domainsOf, prepareCorpus } from '@pathfold/corpora/prepare';
import { documentsBySplit } from '@pathfold/corpora/split';
import { starterDocuments } from '@pathfold/corpora/starter';
import type { BlobRef } from '@pathfold/protocol/blob';
import { PathfoldError } from '@pathfold/protocol/errors';
import type { Split } from '@pathfold/protocol/resources';
import { levelsOf, pathCountOf } from '@pathfold/protocol/run-spec';
import { readDocuments, writeDocuments } from './documents.ts';
import type { BaseSource, Job, PrepareJob, PrepareResult, SplitJob, SplitResult } from './jobs.ts';

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
  const parts = documentsBySplit(documents);
  const store = (split: Split) => blobs.put(writeDocuments(parts[split]));
  return {
    files: { train: await store('train'), router: await store('router'), test: await store('test') },
    documentCount: documents.length,
    textBytes: documents.reduce((sum, { text }) => sum + textBytes(text), 0),
    domains: domainsOf(documents),
  };
}

async function prepare(
  { id, files, spec, base }: PrepareJob,
  blobs: BlobStore,
  say: (words: string) => void,
): Promise<PrepareResult> {
  const read = async ({ sha256 }: BlobRef, what: string): Promise<Uint8Array> => {
    const bytes = await blobs.get(sha256);
    if (!bytes) throw new Error(`${what} is gone`);
    return bytes;
  };
  const begun = base && (await readBase(base, read));
  const part = async (split: Split) => readDocuments(await read(files[split], `the ${split} split`));
  const texts = { train: await part('train'), router: await part('router'), test: await part('test') };
  const paths = pathCountOf(levelsOf(spec));
  if (texts.train.length < paths)
    throw new PathfoldError(
      'corpus_too_short',
      `${texts.train.length} training documents for ${paths} paths: ask for fewer paths, or add documents`,
    );
  const { tokenizer, documents, baselines } = await prepareCorpus({
    documents: texts,
    vocabulary: spec.model.vocabulary,
    context: spec.model.context,
    prefixBytes: spec.routing.prefixBytes,
    tokenizer: begun?.tokenizer ?? null,
    seed: spec.seed,
    blobs,
    onProgress: ({ stage, fraction }) => say(`preparing the text: ${stage} (${Math.round(100 * fraction)} %)`),
  });
  const source = begun ? fromBase(begun.theta) : fromSeed(spec.seed);
  const documentCounts = { train: texts.train.length, router: texts.router.length, test: texts.test.length };
  return { facts: await newRun(blobs, { id, spec, source, documents, documentCounts, tokenizer }), baselines };
}

/** Theta of a base, flat, and its tokenizer's JSON. */
async function readBase(base: BaseSource, read: (ref: BlobRef, what: string) => Promise<Uint8Array>) {
  if ('packaged' in base) return packagedBase(base.packaged);
  return {
    theta: await loadPath(base.modules, (blob) => read(blob, 'a module of the base')),
    tokenizer: new TextDecoder().decode(await read(base.tokenizer, 'the tokenizer of the base')),
  };
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
