import * as z from 'zod/mini';

/** No context is longer (run-spec.ts). */
const MOST_CONTEXT = 2048;
/** No answer is longer, whoever computes it. */
export const MOST_ANSWER_TOKENS = 1024;

/** Everything that is needed to go on with an answer by one path: what the net reads, and where the draws stand. */
export const Continuation = z.strictObject({
  /** The tokens that the net reads next, at most its context. */
  window: z.array(z.int().check(z.minimum(0), z.maximum(0xffff))).check(z.minLength(1), z.maxLength(MOST_CONTEXT)),
  /** Tokens of the answer so far: as many draws are used up. */
  answered: z.int().check(z.minimum(0), z.maximum(MOST_ANSWER_TOKENS)),
  /** Further tokens, at most. */
  tokens: z.int().check(z.minimum(1), z.maximum(MOST_ANSWER_TOKENS)),
  /** Ids from here on are never drawn. */
  vocabulary: z.int().check(z.minimum(1), z.maximum(0x10000)),
  temperature: z.number().check(z.minimum(0), z.maximum(10)),
  topP: z.number().check(z.minimum(0), z.maximum(1)),
  topK: z.nullable(z.int().check(z.minimum(1))),
  seed: z.int().check(z.minimum(-0x80000000), z.maximum(0x7fffffff)),
});
export type Continuation = z.infer<typeof Continuation>;
