import type { BlobStore } from '@pathfold/blobs/blob-store';
import { PathfoldError } from '@pathfold/protocol/errors';
import { levelsOf, pathCountOf, type RunSpec } from '@pathfold/protocol/run-spec';
import { pageOfDocuments } from '../preparation/documents.ts';
import type { CorpusFiles } from '../preparation/jobs.ts';
import type { StoredCorpus } from '../store/corpora.ts';

/**
 * Throws `bad_run_spec` when a corpus, once it is split, can never give every one of several paths a shard: more paths
 * than training documents, or less text than one window for each.
 */
export async function checkFit(spec: RunSpec, { files, state }: StoredCorpus, blobs: BlobStore): Promise<void> {
  const paths = pathCountOf(levelsOf(spec));
  if (state !== 'ready' || paths === 1) return;
  const { train } = files as CorpusFiles;
  const { context } = spec.model;
  const dealt = spec.routing.overlap;
  const refuse = (sentence: string) => {
    throw new PathfoldError('bad_run_spec', `levels: ${sentence}`);
  };
  const { items } = await pageOfDocuments(blobs, train, { offset: 0, limit: paths });
  if (items.length < paths)
    refuse(`${paths} paths, but the corpus has ${items.length} documents to train on: ask for fewer paths`);
  // A token is a byte at least, and a document's line holds all of its text.
  if (train.bytes * dealt < paths * (context + 1))
    refuse(`${paths} paths of ${context + 1} tokens at least, but the corpus has ${train.bytes} bytes to train on`);
}
