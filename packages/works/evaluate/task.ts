import { BlobRef, ModuleRef } from '@pathfold/protocol/blob';
import { EMBEDDINGS, LevelSpec, ModelSpec } from '@pathfold/protocol/run-spec';
import * as z from 'zod/mini';

/**
 * Score one path on whole documents; the first `prefixBytes` of each are not scored (DiPaCo section 2.3). The
 * contribution is `DocumentScores` (works/document-scores.ts).
 */
export const EvaluateTask = z.strictObject({
  path: z.string(),
  round: z.int(),
  model: ModelSpec,
  levels: z.array(LevelSpec),
  embedding: z.enum(EMBEDDINGS),
  modules: z.array(ModuleRef),
  documents: BlobRef,
  tokenizer: BlobRef,
  prefixBytes: z.int(),
  /** Score only the documents that the blob `assignment` gives to the path of this index; null scores all. */
  assigned: z.nullable(z.strictObject({ assignment: BlobRef, path: z.int() })),
  /** Tell the nats of chunks of this many scored tokens too; null does not. */
  chunkTokens: z.nullable(z.int()),
});
export type EvaluateTask = z.infer<typeof EvaluateTask>;

export const EvaluateFoldInput = z.strictObject({
  round: z.int(),
  /** All paths of the run, in order. */
  paths: z.array(z.string()),
  /** The path of each document; null with one path. */
  assignment: z.nullable(BlobRef),
  domains: BlobRef,
  /** Every path scored every document, in chunks of this many tokens; null when each scored its own. */
  chunkTokens: z.nullable(z.int()),
  contributions: z.array(z.strictObject({ path: z.string(), sha256: z.string() })),
});
export type EvaluateFoldInput = z.infer<typeof EvaluateFoldInput>;
