import { ModuleRef } from '@pathfold/protocol/blob';
import { EMBEDDINGS, LevelSpec, ModelSpec } from '@pathfold/protocol/run-spec';
import * as z from 'zod/mini';

/** A path that a volunteer answers by: its net, and the modules that it crosses, in order. No text. */
export const AnswerTask = z.strictObject({
  model: ModelSpec,
  levels: z.array(LevelSpec).check(z.minLength(1)),
  embedding: z.enum(EMBEDDINGS),
  path: z.string().check(z.minLength(1), z.maxLength(80)),
  modules: z.array(ModuleRef).check(z.minLength(1), z.maxLength(64)),
});
export type AnswerTask = z.infer<typeof AnswerTask>;
