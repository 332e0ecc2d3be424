import type { ModuleFacts } from '@pathfold/coordination/work-plan';
import type { Baselines } from '@pathfold/corpora/baselines';
import type { BlobRef } from '@pathfold/protocol/blob';
import type { CorpusResource, Split } from '@pathfold/protocol/resources';
import type { LevelSpec, ModelSpec } from '@pathfold/protocol/run-spec';

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

/** Makes what a run needs out of a corpus: tokenizer, shard, held-out documents, baselines, first modules. */
export interface PrepareJob {
  readonly type: 'prepare';
  readonly files: CorpusFiles;
  readonly model: ModelSpec;
  readonly levels: readonly LevelSpec[];
  readonly seed: number;
}
export interface PrepareResult {
  readonly tokenizer: BlobRef;
  readonly shard: BlobRef;
  readonly shardTokens: number;
  readonly documents: { readonly test: BlobRef; readonly router: BlobRef };
  readonly baselines: Baselines;
  readonly modules: Record<string, ModuleFacts>;
}

export type Job = SplitJob | PrepareJob;
export type ResultOf<J extends Job> = J extends SplitJob ? SplitResult : PrepareResult;
