import type { Question } from '@pathfold/inference/answer';
import * as z from 'zod';

/** The bodies of OpenAI's API as its clients send them: null where a field is left out, and fields unknown here. */
const MAX_TOKENS = 1024;
const DEFAULT_TOKENS = 128;
const MOST_PROMPT_IDS = 2 ** 17;
const MOST_MESSAGES = 1024;
const MOST_PARTS = 64;

/** A list that is refused by one issue, however many of its items do not fit: writing issues takes longer than sending items. */
const listOf = <T>(most: number, fits: (item: unknown) => boolean, what: string) =>
  z
    .array(z.unknown())
    .max(most)
    .refine((items) => items.every(fits), `not a list of ${what}`)
    .transform((items) => items as T[]);

/** Parameters beyond OpenAI's API. */
const Extension = z
  .strictObject({
    reroute_every: z
      .int()
      .min(8)
      .max(MAX_TOKENS)
      .nullish()
      .describe('Choose the path again after every so many tokens of the answer, by everything read so far.'),
    network: z
      .boolean()
      .nullish()
      .describe(
        'Let a volunteer answer: a stranger then reads the prompt. Where none brings the answer to its end, the ' +
          'coordinator does.',
      ),
  })
  .refine(({ reroute_every, network }) => !(reroute_every && network), {
    message: 'a volunteer answers by one path: reroute_every and network exclude each other',
  });

const Options = z.looseObject({
  model: z.string(),
  stream: z.boolean().nullish(),
  stream_options: z.looseObject({ include_usage: z.boolean().nullish() }).nullish(),
  max_tokens: z.int().min(1).nullish(),
  temperature: z.number().min(0).max(10).nullish(),
  top_p: z.number().min(0).max(1).nullish(),
  top_k: z.int().nullish(),
  seed: z.int().nullish(),
  stop: z.union([z.string(), z.array(z.string()).max(16)]).nullish(),
  n: z.literal(1, 'only one answer a request').nullish(),
  pathfold: Extension.nullish(),
});
type Options = z.infer<typeof Options>;

const tokenIds = listOf<number>(MOST_PROMPT_IDS, (id) => Number.isInteger(id) && Number(id) >= 0, 'token ids');
export const CompletionBody = Options.extend({
  prompt: z.union([z.string(), z.tuple([z.string()]), tokenIds, z.tuple([tokenIds])]).nullish(),
});
export type CompletionBody = z.infer<typeof CompletionBody>;

interface TextPart {
  readonly type: 'text';
  readonly text: string;
}
const isTextPart = (part: unknown): boolean => {
  const { type, text } = Object(part) as Partial<TextPart>;
  return type === 'text' && typeof text === 'string';
};
const Content = z.union([z.string(), listOf<TextPart>(MOST_PARTS, isTextPart, 'text parts')]);
export const ChatBody = Options.extend({
  messages: z
    .array(z.looseObject({ role: z.string(), content: Content.nullish() }))
    .min(1)
    .max(MOST_MESSAGES),
  max_completion_tokens: z.int().min(1).nullish(),
});
export type ChatBody = z.infer<typeof ChatBody>;

const questionOf = (prompt: Question['prompt'], maxTokens: number | null | undefined, body: Options): Question => ({
  prompt,
  maxTokens: Math.min(maxTokens ?? DEFAULT_TOKENS, MAX_TOKENS),
  temperature: body.temperature ?? 1,
  topP: body.top_p ?? 1,
  topK: body.top_k && body.top_k > 0 ? body.top_k : null,
  seed: (body.seed ?? Math.random() * 2 ** 32) | 0,
  stop: typeof body.stop === 'string' ? [body.stop] : (body.stop ?? []),
});

const isOnlyItem = (prompt: unknown[]): prompt is [string] | [number[]] =>
  prompt.length === 1 && typeof prompt[0] !== 'number';

export const completionQuestion = (body: CompletionBody): Question => {
  const prompt = body.prompt ?? '';
  return questionOf(
    typeof prompt !== 'string' && isOnlyItem(prompt) ? prompt[0] : (prompt as string | number[]),
    body.max_tokens,
    body,
  );
};

/** The model continues text and knows no roles: it reads the messages as paragraphs of one document. */
export const chatQuestion = (body: ChatBody): Question => {
  const paragraphs = body.messages.map(({ content }) =>
    typeof content === 'string' ? content : (content ?? []).map(({ text }) => text).join(''),
  );
  return questionOf(paragraphs.join('\n\n'), body.max_completion_tokens ?? body.max_tokens, body);
};
