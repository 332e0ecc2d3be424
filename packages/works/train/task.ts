import { CODECS } from '@pathfold/compression/codecs';
import { BlobRef, ModuleRef } from '@pathfold/protocol/blob';
import {
  Coarseness,
  EMBEDDINGS,
  FoldSpec,
  InnerSpec,
  LevelSpec,
  ModelSpec,
  OUTER_AVERAGES,
} from '@pathfold/protocol/run-spec';
import * as z from 'zod/mini';

const CodecName = z.string().check(z.refine((name) => Object.hasOwn(CODECS, name), 'there is no such codec'));

/**
 * Why a lease has its steps. `whole`: H, or what the path has left. `because`: `whole`: it has all of them; `pace`: as
 * many as take a volunteer that is so many times slower than the fastest as long as that one needs (DyLU); `least`: the
 * fewest that are given; `lease`: as many as a lease has time for; `others`: as many as the others of its round leave
 * time for.
 */
const StepsReason = z.strictObject({
  because: z.enum(['whole', 'pace', 'least', 'lease', 'others']),
  whole: z.int(),
  timesSlower: z.number(),
});
export type StepsReason = z.infer<typeof StepsReason>;

/**
 * Why a lease has its coarseness. `part`: travel, as a part of the time that computing takes. `finest`: travel is brief
 * with the finest; `line`: a finer one would take too long on this line; `bound`: so does this one, and the run allows no
 * coarser; `untold`: nobody knows the line, so it is as coarse as the run allows.
 */
const WireReason = z.strictObject({
  because: z.enum(['finest', 'line', 'bound', 'untold']),
  part: z.nullable(z.number()),
});
export type WireReason = z.infer<typeof WireReason>;

/** Train one path for one round: H inner steps from the given module versions, on one shard (DiLoCo algorithm 1). */
export const TrainTask = z.strictObject({
  path: z.string(),
  /** Outer round t, from 1. */
  round: z.int(),
  model: ModelSpec,
  levels: z.array(LevelSpec),
  embedding: z.enum(EMBEDDINGS),
  inner: InnerSpec,
  /** In order: embedding, one a level, head. The contribution holds their outer gradients in this order. */
  modules: z.array(ModuleRef),
  shard: BlobRef,
  /** Inner steps to take: H. */
  steps: z.int(),
  stepsReason: StepsReason,
  /** Inner steps that the run has taken along this path before: the position in the learning-rate schedule. */
  globalStep: z.int(),
  totalSteps: z.int(),
  /** Decides which windows are drawn. Different for each replica. */
  seed: z.int(),
  codec: CodecName,
  /** Coarseness of the codec, where it has one. */
  coarseness: z.optional(Coarseness),
  wireReason: z.optional(WireReason),
  /** The mean gradient of `steps` batches at these parameters is sent, and nothing is stepped here. Absent: outer gradients. */
  exchange: z.optional(z.literal('gradients')),
  /** How often the run was taken back: moments of the model that it had before are of no use. Absent: never. */
  rollbacks: z.optional(z.int()),
});
export type TrainTask = z.infer<typeof TrainTask>;

/** Input of the fold that steps one module (DiLoCo algorithm 1, lines 7-8). */
export const TrainFoldInput = z.strictObject({
  module: ModuleRef,
  /** State of the outer optimizer; null at the first step. */
  state: z.nullable(BlobRef),
  /** Where versions are on a lattice: that of the version before, null where it is on none. */
  lattice: z.exactOptional(z.nullable(z.strictObject({ snapshot: BlobRef, step: z.number(), movement: z.number() }))),
  outer: z.strictObject({
    kind: z.string(),
    learningRate: z.number(),
    momentum: z.number(),
    momentumSpread: z.optional(z.number()),
  }),
  /** Where gradients are exchanged: AdamW's step in place of the outer one, after `step` inner steps of its schedule. */
  adamw: z.optional(
    z.strictObject({
      learningRate: z.number(),
      warmupSteps: z.int(),
      totalSteps: z.int(),
      weightDecay: z.number(),
      step: z.int(),
    }),
  ),
  average: z.enum(OUTER_AVERAGES),
  /** Absent: the average. */
  fold: z.exactOptional(FoldSpec),
  /** Paths that the contributions came along. */
  paths: z.int(),
  /** Part of a whole outer step that these contributions are: 1 for a round, less for asynchronous arrivals. */
  share: z.number(),
  /** In the order (path, lease). `offset`: first float of this module in the decoded contribution. `scale`: from norm clipping, 1 if none. */
  contributions: z.array(
    z.strictObject({
      lease: z.string(),
      sha256: z.string(),
      codec: CodecName,
      offset: z.int(),
      weight: z.number(),
      scale: z.number(),
      /** As reported: what the outer optimizer may know of a contribution beside its weight. */
      steps: z.int(),
      tokens: z.int(),
      /** Module versions, and time, since the one that it started from. */
      staleness: z.int(),
      ageMs: z.number(),
    }),
  ),
  figures: z.nullable(z.record(z.string(), z.number())),
  round: z.int(),
});
export type TrainFoldInput = z.infer<typeof TrainFoldInput>;
