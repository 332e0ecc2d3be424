import type { Question } from '@pathfold/inference/answer';
import {
  type ChatBody,
  type CompletionBody,
  completionCounts,
  MAX_TOKENS,
  type Options,
  textsOf,
} from './openai-schema.ts';

const DEFAULT_TOKENS = 128;

/** A body asks for this: each prompt is answered `bestOf` times, and the likeliest `n` answers are sent. */
export interface Asked {
  readonly questions: readonly Question[];
  readonly n: number;
  readonly bestOf: number;
  /** Whether the answer shows its tokens' probabilities: they are also needed to find the likeliest. */
  readonly logprobs: boolean;
}

const questionOf = (prompt: Question['prompt'], maxTokens: number | null | undefined, body: Options): Question => ({
  prompt,
  maxTokens: Math.min(maxTokens ?? DEFAULT_TOKENS, MAX_TOKENS),
  temperature: body.temperature ?? 1,
  topP: body.top_p ?? 1,
  topK: body.top_k && body.top_k > 0 ? body.top_k : null,
  seed: (body.seed ?? Math.random() * 2 ** 32) | 0,
  stop: typeof body.stop === 'string' ? [body.stop] : (body.stop ?? []),
});

export const completionAsked = (body: CompletionBody): Asked => {
  const { n, bestOf } = completionCounts(body);
  const alternatives = body.logprobs ?? (bestOf > n ? 0 : undefined);
  const questions = textsOf(body.prompt ?? '').map((prompt) => ({
    ...questionOf(prompt, body.max_tokens, body),
    ...(body.echo && { echo: true }),
    ...(alternatives !== undefined && { logprobs: alternatives }),
  }));
  return { questions, n, bestOf, logprobs: typeof body.logprobs === 'number' };
};

/** The model continues text and knows no roles: it reads the messages as paragraphs of one document. */
export const chatAsked = (body: ChatBody): Asked => {
  const paragraphs = body.messages.map(({ content }) =>
    typeof content === 'string' ? content : (content ?? []).map(({ text }) => text).join(''),
  );
  const question = {
    ...questionOf(paragraphs.join('\n\n'), body.max_completion_tokens ?? body.max_tokens, body),
    ...(body.logprobs && { logprobs: body.top_logprobs ?? 0 }),
  };
  return { questions: [question], n: body.n ?? 1, bestOf: body.n ?? 1, logprobs: body.logprobs === true };
};
