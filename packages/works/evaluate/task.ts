import { BlobRef, ModuleRef } from '@pathfold/protocol/blob';
import { BestVersion } from '@pathfold/protocol/resources';
import { EMBEDDINGS, LevelSpec, ModelSpec } from '@pathfold/protocol/run-spec';
import * as z from 'zod/mini';
import { CompareInput } from '../queue/compared.ts';

/** Documents that no path trains on. */
const SCORED_SPLITS = ['router', 'test'] as const;

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
  /** Score only the documents of the split that the blob `assignment` gives to the path of this index; null scores all. */
  assigned: z.nullable(z.strictObject({ assignment: BlobRef, split: z.enum(SCORED_SPLITS), path: z.int() })),
  /** Tell the nats of chunks of this many scored tokens too; null does not. */
  chunkTokens: z.nullable(z.int()),
});
export type EvaluateTask = z.infer<typeof EvaluateTask>;

/** Scores of the test split become an evaluation. */
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

/** Scores of each path's own documents of the router split tell whether it has stopped improving. */
export const KeepInput = z.strictObject({
  /** Scorings without improvement after which a path is not trained any more. */
  patience: z.int(),
  /** Version of the routing that gave the paths their documents; 0 with one path. */
  routing: z.int(),
  /** The best version of each path so far. */
  kept: z.record(z.string(), BestVersion),
  contributions: z.array(
    z.strictObject({
      path: z.string(),
      sha256: z.string(),
      modules: z.array(ModuleRef),
      confirmed: z.optional(z.boolean()),
    }),
  ),
});
export type KeepInput = z.infer<typeof KeepInput>;

export const AnyFoldInput = z.union([EvaluateFoldInput, KeepInput, CompareInput]);
