import * as z from 'zod/mini';

const tokens = z.int().check(z.minimum(0));

/** The path changed in the midst of an answer, and why. */
export const MoveNote = z.object({
  /** Tokens of the answer that came before. */
  at_token: tokens,
  from: z.string(),
  to: z.string(),
  runner_up: z.nullable(z.string()),
  reason: z.string(),
});
export type MoveNote = z.infer<typeof MoveNote>;

/** The writer of a part of an answer that the network was asked for. The parts follow each other. */
export const WriterNote = z.object({
  by: z.enum(['volunteer', 'coordinator']),
  /** The volunteer's id; null for the coordinator. */
  volunteer: z.nullable(z.string()),
  tokens,
  /** Why it did not write the rest, as a code of the error table; null where it came to the end. */
  code: z.nullable(z.string()),
  notice: z.string(),
});
export type WriterNote = z.infer<typeof WriterNote>;

/** The field `pathfold` of an answer of `/v1`, whole; a stream says one of them at a time. */
export const AnswerNote = z.union([z.object({ move: MoveNote }), z.object({ writer: WriterNote })]);
export type AnswerNote = z.infer<typeof AnswerNote>;

/** One event of a streamed completion, as far as the page reads it. */
export const CompletionChunk = z.object({
  choices: z.optional(z.array(z.object({ text: z.string(), finish_reason: z.nullable(z.enum(['stop', 'length'])) }))),
  pathfold: z.optional(z.union([z.object({ path: z.string(), runner_up: z.nullable(z.string()) }), AnswerNote])),
  usage: z.nullish(z.object({ prompt_tokens: tokens, completion_tokens: tokens })),
  error: z.optional(z.object({ message: z.string() })),
});
