import { BlobRef, ModuleRef } from '@pathfold/protocol/blob';
import { EMBEDDINGS, LevelSpec, ModelSpec } from '@pathfold/protocol/run-spec';
import * as z from 'zod/mini';

/** Score one path on whole documents; the first `prefixBytes` of each are not scored (DiPaCo section 2.3). */
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
});
export type EvaluateTask = z.infer<typeof EvaluateTask>;

/** The contribution of an evaluation: one entry a document, in the order of the documents blob. JSON, UTF-8. */
export const EvaluateResult = z.strictObject({
  documents: z.array(z.strictObject({ nats: z.number(), tokens: z.int(), bytes: z.int() })),
});
export type EvaluateResult = z.infer<typeof EvaluateResult>;

export const EvaluateFoldInput = z.strictObject({
  round: z.int(),
  path: z.string(),
  contributions: z.array(z.strictObject({ lease: z.string(), sha256: z.string() })),
});
export type EvaluateFoldInput = z.infer<typeof EvaluateFoldInput>;
