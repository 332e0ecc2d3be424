import * as z from 'zod/mini';

/** Far more than any lease has. */
const MOST = 2 ** 40;
const size = z.int().check(z.minimum(0), z.maximum(MOST));

/** Letters of a device's reason. */
export const MOST_REASON = 300;

/** Which device computed: recorded with each contribution. */
export const ExecutorInfo = z.strictObject({
  name: z.string().check(z.maxLength(40)),
  adapter: z.string().check(z.maxLength(200)),
  /** As its benchmark measured. */
  tokensPerSecond: z.number().check(z.minimum(0), z.maximum(1e12)),
  /** Why this one and no other, in words. */
  reason: z.optional(z.string().check(z.maxLength(MOST_REASON))),
});
export type ExecutorInfo = z.infer<typeof ExecutorInfo>;

/**
 * A volunteer's word on the work in a contribution. It travels as base64url JSON in the
 * header `pathfold-report` of the upload.
 */
export const Report = z.strictObject({
  /** Units done: inner steps for training, scored tokens for evaluation. */
  steps: size,
  /** Tokens computed on: what credit counts. */
  tokens: size,
  computeMs: z.number().check(z.minimum(0), z.maximum(1e10)),
  /** Mean training loss, nats a token; null where the work has none. */
  loss: z.nullable(z.number().check(z.minimum(0), z.maximum(1e6))),
  downloadedBytes: z.strictObject({ peers: size, coordinator: size }),
  executor: ExecutorInfo,
});
export type Report = z.infer<typeof Report>;
