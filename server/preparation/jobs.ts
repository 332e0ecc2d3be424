import type { RunFacts } from '@pathfold/coordination/work-plan';
import type { Baselines } from '@pathfold/corpora/baselines';
import type { BlobRef } from '@pathfold/protocol/blob';
import type { CorpusResource, Split } from '@pathfold/protocol/resources';
import type { PackagedBase, RunSpec } from '@pathfold/protocol/run-spec';

/** Documents by split, as blobs of `documents.ts`. */
export type CorpusFiles = Record<Split, BlobRef>;

/** Splits the documents of an upload, or of the packaged corpus. */
export interface SplitJob {
  readonly type: 'split';
  /** File of documents, one JSON object a line; null for the packaged corpus. */
  readonly path: string | null;
}
export interface SplitResult {
  readonly files: CorpusFiles;
  readonly documentCount: number;
  readonly textBytes: number;
  readonly domains: CorpusResource['domains'];
}

/** The dense path that every expert starts as: one that comes with Pathfold, or its modules in order and its tokenizer. */
export type BaseSource =
  | { readonly packaged: PackagedBase }
  | { readonly modules: readonly BlobRef[]; readonly tokenizer: BlobRef };

/** Makes what a run needs out of a corpus: tokenizer, shard, held-out documents, baselines, first modules. */
export interface PrepareJob {
  readonly type: 'prepare';
  /** Id of the run. */
  readonly id: string;
  readonly files: CorpusFiles;
  readonly spec: RunSpec;
  /** Null starts from scratch. */
  readonly base: BaseSource | null;
}
export interface PrepareResult {
  readonly facts: RunFacts;
  readonly baselines: Baselines;
}

export type Job = SplitJob | PrepareJob;
export type ResultOf<J extends Job> = J extends SplitJob ? SplitResult : PrepareResult;
