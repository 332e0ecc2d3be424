import * as z from 'zod';

/** The bodies of OpenAI's API as its clients send them: null where a field is left out, and fields unknown here. */
export const MAX_TOKENS = 1024;
const MOST_PROMPT_IDS = 2 ** 17;
const MOST_MESSAGES = 1024;
const MOST_PARTS = 64;
const MOST_PROMPTS = 64;
/** Answers of a request, those that `best_of` throws away included. */
const MOST_ANSWERS = 64;
const MOST_ALTERNATIVES = 20;

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
  n: z.int().min(1).max(MOST_ANSWERS).nullish(),
  pathfold: Extension.nullish(),
});
export type Options = z.infer<typeof Options>;

/** Parameters that change nothing in an answer. */
const WITHOUT_EFFECT = [
  'user',
  'metadata',
  'service_tier',
  'safety_identifier',
  'prompt_cache_key',
  'parallel_tool_calls',
];
/** The values, besides null, by which a client asks for nothing that is not offered here. */
const NEUTRAL: Readonly<Record<string, readonly unknown[]>> = {
  ...{ presence_penalty: [0], frequency_penalty: [0], logit_bias: [{}], suffix: [''], store: [false] },
  ...{ tools: [[]], tool_choice: ['none', 'auto'], functions: [[]], function_call: ['none', 'auto'] },
  ...{ response_format: [{ type: 'text' }], modalities: [['text']] },
};

/** Refuses, by the first one's name, a parameter that would be passed over in silence. */
const onlyOffered = <T extends z.ZodObject>(body: T) =>
  body.superRefine((given, context) => {
    const isKnown = (name: string) => Object.hasOwn(body.shape, name) || WITHOUT_EFFECT.includes(name);
    const isNeutral = (name: string) =>
      (Object.hasOwn(NEUTRAL, name) ? NEUTRAL[name]! : []).some(
        (value) => JSON.stringify(value) === JSON.stringify(given[name]),
      );
    for (const name in given) {
      if (given[name] == null || isKnown(name) || isNeutral(name)) continue;
      context.addIssue({ code: 'custom', path: [name.slice(0, 60)], message: 'this parameter is not offered here' });
      return;
    }
  });

const isId = (id: unknown): boolean => Number.isInteger(id) && Number(id) >= 0;
const isIds = (ids: unknown): boolean => Array.isArray(ids) && ids.length <= MOST_PROMPT_IDS && ids.every(isId);
const isText = (text: unknown): boolean => typeof text === 'string';

/** One text or several, each as characters or as token ids. */
const Texts = z.union([
  z.string(),
  listOf<string>(MOST_PROMPTS, isText, 'texts'),
  listOf<number>(MOST_PROMPT_IDS, isId, 'token ids'),
  listOf<number[]>(MOST_PROMPTS, isIds, 'lists of token ids'),
]);
type Texts = z.infer<typeof Texts>;

/** The texts that were given, one by one. */
export const textsOf = (given: Texts): readonly (string | number[])[] => {
  if (typeof given === 'string') return [given];
  return given.length > 0 && given.every((item) => typeof item !== 'number')
    ? (given as string[] | number[][])
    : [given as number[]];
};

interface Counts {
  readonly prompts: number;
  readonly n: number;
  readonly bestOf: number;
}

/** How many answers a body of completions asks for. */
export const completionCounts = (body: {
  readonly prompt?: Texts | null | undefined;
  readonly n?: number | null | undefined;
  readonly best_of?: number | null | undefined;
}): Counts => ({
  prompts: textsOf(body.prompt ?? '').length,
  n: body.n ?? 1,
  bestOf: body.best_of ?? body.n ?? 1,
});

/** Several fields together must hold these. */
const refuseTogether = ({ prompts, n, bestOf }: Counts, body: Options, context: z.RefinementCtx): void => {
  const refuse = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message });
  if (bestOf < n) refuse('best_of', 'at least n');
  if (bestOf > n && body.stream) refuse('best_of', 'the best are known at the end: not with stream');
  if (prompts * bestOf > MOST_ANSWERS) refuse('n', `at most ${MOST_ANSWERS} answers a request`);
  if (body.pathfold && prompts * bestOf > 1) refuse('pathfold', 'one prompt and one answer only');
};

export const CompletionBody = onlyOffered(
  Options.extend({
    prompt: Texts.nullish(),
    max_tokens: z.int().min(0).nullish(),
    best_of: z.int().min(1).max(MOST_ANSWERS).nullish(),
    echo: z.boolean().nullish(),
    logprobs: z.int().min(0).max(MOST_ALTERNATIVES).nullish(),
  }),
).superRefine((body, context) => {
  if (body.max_tokens === 0 && !body.echo)
    context.addIssue({ code: 'custom', path: ['max_tokens'], message: 'at least 1 where the prompt is not echoed' });
  if (body.pathfold?.network && (body.echo || typeof body.logprobs === 'number'))
    context.addIssue({
      code: 'custom',
      path: ['pathfold'],
      message: 'a volunteer tells no probabilities, and no prompt',
    });
  refuseTogether(completionCounts(body), body, context);
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
export const ChatBody = onlyOffered(
  Options.extend({
    messages: z
      .array(z.looseObject({ role: z.string(), content: Content.nullish() }))
      .min(1)
      .max(MOST_MESSAGES),
    max_completion_tokens: z.int().min(1).nullish(),
    logprobs: z.boolean().nullish(),
    top_logprobs: z.int().min(0).max(MOST_ALTERNATIVES).nullish(),
  }),
).superRefine((body, context) => {
  if (typeof body.top_logprobs === 'number' && !body.logprobs)
    context.addIssue({ code: 'custom', path: ['top_logprobs'], message: 'only with logprobs' });
  if (body.pathfold?.network && body.logprobs)
    context.addIssue({ code: 'custom', path: ['pathfold'], message: 'a volunteer tells no probabilities' });
  refuseTogether({ prompts: 1, n: body.n ?? 1, bestOf: body.n ?? 1 }, body, context);
});
export type ChatBody = z.infer<typeof ChatBody>;

export const EmbeddingBody = onlyOffered(
  z.looseObject({
    model: z.string(),
    input: Texts,
    encoding_format: z.enum(['float', 'base64']).nullish(),
  }),
);
