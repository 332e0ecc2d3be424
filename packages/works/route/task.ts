import { BlobRef, ModuleRef } from '@pathfold/protocol/blob';
import { SPLITS } from '@pathfold/protocol/resources';
import { EMBEDDINGS, LevelSpec, ModelSpec, ROUTING_KINDS } from '@pathfold/protocol/run-spec';
import * as z from 'zod/mini';
import { CompareInput } from '../queue/compared.ts';

/**
 * Features of one part of a split under the frozen base: of each document, the mean final hidden state over its prefix
 * (DiPaCo section 2.4). The contribution holds them as float32 rows of the model's width, in order.
 */
const FeaturesTask = z.strictObject({
  type: z.literal('features'),
  split: z.enum(SPLITS),
  /** Number of this part, of `parts` even parts of the documents. */
  part: z.int(),
  parts: z.int(),
  model: ModelSpec,
  /** The base: embedding, one level, head. */
  modules: z.array(ModuleRef),
  documents: BlobRef,
  tokenizer: BlobRef,
  prefixBytes: z.int(),
});
export type FeaturesTask = z.infer<typeof FeaturesTask>;

/** The losses of one path on every router document. Those of all paths tell the best path of each document. */
const LossesTask = z.strictObject({
  type: z.literal('losses'),
  path: z.string(),
  /** Which re-sharding they are for, from 1. */
  resharding: z.int(),
  model: ModelSpec,
  levels: z.array(LevelSpec),
  embedding: z.enum(EMBEDDINGS),
  modules: z.array(ModuleRef),
  documents: BlobRef,
  tokenizer: BlobRef,
  prefixBytes: z.int(),
});
export type LossesTask = z.infer<typeof LossesTask>;

export const RouteTask = z.discriminatedUnion('type', [FeaturesTask, LossesTask]);
export type RouteTask = z.infer<typeof RouteTask>;

/** The documents [from, to) of a part. */
export const partOf = (count: number, part: number, parts: number): { from: number; to: number } => ({
  from: Math.floor((part * count) / parts),
  to: Math.floor(((part + 1) * count) / parts),
});

/** More experts, as the operator's host works it out (coordination/work-plan.ts). */
export const Growth = z.strictObject({
  levels: z.array(LevelSpec),
  paths: z.array(z.string()),
  modules: z.record(z.string(), z.string()),
  grown: z.record(z.string(), z.strictObject({ from: z.string(), modules: z.array(z.string()) })),
});
export type Growth = z.infer<typeof Growth>;

/** Input of the fold that routes every document and cuts the shards. */
export const RouteFoldInput = z.strictObject({
  /** Version of the routing that comes out. */
  version: z.int(),
  kind: z.enum(ROUTING_KINDS),
  seed: z.int(),
  overlap: z.int(),
  prefixBytes: z.int(),
  context: z.int(),
  width: z.int(),
  /** Experts of each level that says how many it has. */
  experts: z.array(z.int()),
  paths: z.array(z.string()),
  documents: z.strictObject({ train: BlobRef, router: BlobRef, test: BlobRef, domains: BlobRef }),
  tokenizer: BlobRef,
  base: z.nullable(z.array(ModuleRef)),
  /** Rows of all documents, train then router then test, from an earlier fold; or their parts in that order. */
  features: z.nullable(BlobRef),
  parts: z.array(z.strictObject({ sha256: z.string() })),
  /** Paths to add, and the router that knows the others. */
  grow: z.nullable(z.strictObject({ growth: Growth, router: BlobRef })),
  /** By path, in order, when there are losses to learn from. */
  losses: z.array(z.strictObject({ path: z.string(), sha256: z.string() })),
  /** Two unrelated volunteers said the same of all that it is fitted on, or a trusted one said it. */
  confirmed: z.boolean(),
});
export type RouteFoldInput = z.infer<typeof RouteFoldInput>;

/** A study may say how far the shards of a re-sharding are pulled from the labels' own shares (0) to equal ones (1). */
const StudiedFoldInput = z.extend(RouteFoldInput, { evenness: z.optional(z.number()) });
export type StudiedFoldInput = z.infer<typeof StudiedFoldInput>;

/** Two unrelated volunteers' answers to a part are compared as rows of so many numbers; as scores where it is null. */
export const RouteCompareInput = z.extend(CompareInput, { width: z.nullable(z.int()) });
export type RouteCompareInput = z.infer<typeof RouteCompareInput>;

export const AnyFoldInput = z.union([StudiedFoldInput, RouteCompareInput]);

/** The fold's answer to its own plan. */
export const RouteFoldResult = z.object({
  features: z.nullable(BlobRef),
  /** Why all stays as it is: no router could be learnt from the losses, or too few documents are there to grow. */
  kept: z._default(z.nullable(z.string()), null),
});
