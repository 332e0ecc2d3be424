import { BlobRef } from '@pathfold/protocol/blob';
import * as z from 'zod/mini';
import type { Amount } from '../stages/task-amount.ts';
import { armName, armsOf, auditEvery, real, seeds, whole } from '../stages/task-config.ts';

/**
 * How an arm meets tasks that nobody announces (He et al. 2019). `context`: gates of the hidden units, inferred from
 * the last batch (MetaCoG); `oracle`: gates of the task that it is told; `adapt`: predictions by weights that were stepped
 * on the last batch, learning as `plain`; `maml`: the same, learning by the gradient at the stepped weights (first-order
 * MAML); `plain`: neither.
 */
export const METHODS = ['context', 'oracle', 'adapt', 'maml', 'plain'] as const;

export const LearnerSpec = z.strictObject({
  method: z.enum(METHODS),
  /** The optimizer of the weights: Adam, or Bayesian gradient descent. */
  optimizer: z._default(z.enum(['adam', 'bgd']), 'adam'),
  learningRate: real(1e-6, 10, 0.001),
  /** Steps that infer the context (or adapt the weights), and their rate. */
  inferenceSteps: whole(0, 100, 5),
  inferenceRate: real(0, 100, 0.5),
  /** Steps of the weights on each batch. */
  weightSteps: whole(1, 100, 1),
});
export type LearnerSpec = z.infer<typeof LearnerSpec>;

export const StreamSpec = z.strictObject({
  /** Sinusoids that come again and again. */
  tasks: whole(1, 100, 10),
  /** Batches between two switches: drawn from half of it to one and a half. */
  stay: whole(2, 10_000, 100),
});
export type StreamSpec = z.infer<typeof StreamSpec>;

export const ArmSpec = z.extend(LearnerSpec, {
  name: armName,
  /** Volunteers that follow segments of their own, their weights averaged after each part. */
  streams: whole(1, 64, 1),
});

/** The configuration of a run. */
export const WhatAndHowConfig = z.strictObject({
  arms: armsOf(ArmSpec),
  seeds,
  stream: z.prefault(StreamSpec, {}),
  /** Batches of 10 points in all, over all streams of an arm. */
  batches: whole(1, 10_000_000, 12_000),
  /** Batches in one lease: a part of a stream. It is a `stretch` in stored data, and there alone. */
  stretch: whole(1, 100_000, 1000),
  /** The same where streams are averaged (H). */
  averageEvery: whole(1, 100_000, 100),
  auditEvery,
});
export type WhatAndHowConfig = z.infer<typeof WhatAndHowConfig>;

/** Batches `from` up to `to` of a stream, strictly in order. */
export const WhatAndHowTask = z.strictObject({
  learner: LearnerSpec,
  stream: StreamSpec,
  seed: z.int(),
  segment: z.int(),
  from: z.int(),
  to: z.int(),
  /** The contribution of the part before: where this one goes on. */
  start: z.nullable(BlobRef),
  /** Weights instead of those in `start`: float32, averaged over the streams. */
  shared: z.nullable(BlobRef),
});
export type WhatAndHowTask = z.infer<typeof WhatAndHowTask>;

/** The mean of the weights that each segment came to. */
export const AverageInput = z.object({ bodies: z.array(WhatAndHowTask), contributions: z.array(z.string()) });
export type AverageInput = z.infer<typeof AverageInput>;

/** Points in a batch, as exact/sinusoid.ts draws them. */
const POINTS = 10;
/** Multiplications and additions of one point forward through 1-100-100-1. */
export const FORWARD_FLOPS = 20_802;
/** Weights that a step of Bayesian gradient descent draws (the authors' own number). */
export const BGD_DRAWS = 10;

/** Examples are the points that gradients see, repetitions included. */
export function amountOf({ learner, from, to }: WhatAndHowTask): Amount {
  const { method, optimizer, inferenceSteps, weightSteps } = learner;
  const steps = to - from;
  const inference = method === 'plain' || method === 'oracle' ? 0 : inferenceSteps;
  const examples = POINTS * steps * (inference + weightSteps * (optimizer === 'bgd' ? BGD_DRAWS : 1));
  return { steps, examples, flops: 3 * FORWARD_FLOPS * examples, payloadBytes: 1_000_000 + 100 * steps };
}
