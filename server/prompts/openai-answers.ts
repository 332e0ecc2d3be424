import { randomUUID } from 'node:crypto';
import type { AnswerEnd } from '@pathfold/inference/answer';
import type { ShownToken } from '@pathfold/inference/logprobs';
import type { Routed } from '@pathfold/inference/route';
import type { AnswerNote } from '@pathfold/protocol/answer-notes';
import { ERRORS, PathfoldError } from '@pathfold/protocol/errors';
import { openAiError } from './openai-errors.ts';
import type { Answered } from './prompt-worker.ts';

type FinishReason = AnswerEnd['finishReason'] | null;

/** A part of an answer. `tokens` is null where no probabilities were asked for. */
interface Part {
  readonly index: number;
  readonly text: string;
  readonly tokens: readonly ShownToken[] | null;
  readonly finishReason: FinishReason;
}

/** How one of the two endpoints spells an answer. */
export interface Dialect {
  object: string;
  chunkObject: string;
  idPrefix: string;
  whole(part: Part): object;
  /** `first`: nothing of this answer was sent before. */
  chunk(part: Part, first: boolean): object;
}

const completion = ({ index, text, tokens, finishReason }: Part) => ({
  index,
  text,
  logprobs: tokens && {
    tokens: tokens.map(({ token }) => token),
    token_logprobs: tokens.map(({ logprob }) => logprob),
    top_logprobs: tokens.map(({ logprob, top }) =>
      logprob === null ? null : Object.fromEntries(top.map((other) => [other.token, other.logprob])),
    ),
    text_offset: tokens.map(({ offset }) => offset),
  },
  finish_reason: finishReason,
});

export const COMPLETIONS: Dialect = {
  object: 'text_completion',
  chunkObject: 'text_completion',
  idPrefix: 'cmpl-',
  whole: completion,
  chunk: completion,
};

const chatLogprobs = (tokens: Part['tokens']) =>
  tokens && {
    content: tokens.map(({ token, logprob, bytes, top }) => ({ token, logprob, bytes, top_logprobs: top })),
    refusal: null,
  };

export const CHAT: Dialect = {
  object: 'chat.completion',
  chunkObject: 'chat.completion.chunk',
  idPrefix: 'chatcmpl-',
  whole: ({ index, text, tokens, finishReason }) => ({
    index,
    message: { role: 'assistant', content: text, refusal: null },
    logprobs: chatLogprobs(tokens),
    finish_reason: finishReason,
  }),
  chunk: ({ index, text, tokens, finishReason }, first) => ({
    index,
    delta: first ? { role: 'assistant', content: text } : text === '' ? {} : { content: text },
    logprobs: chatLogprobs(tokens),
    finish_reason: finishReason,
  }),
};

/** A prompt counts once, however often it is answered. */
const usageOf = (promptTokens: number, completionTokens: number) => ({
  prompt_tokens: promptTokens,
  completion_tokens: completionTokens,
  total_tokens: promptTokens + completionTokens,
});

const newHead = (dialect: Dialect, model: string) => ({
  id: dialect.idPrefix + randomUUID().replaceAll('-', ''),
  created: Math.floor(Date.now() / 1000),
  model,
});

const routedNote = ({ path, runnerUp }: Routed) => ({ path, runner_up: runnerUp });

/** The field `pathfold` of an answer, for clients that sent that field. */
const extensionOf = (routed: Routed, notes: readonly AnswerNote[]) => ({
  pathfold: {
    ...routedNote(routed),
    moves: notes.flatMap((note) => ('move' in note ? note.move : [])),
    writers: notes.flatMap((note) => ('writer' in note ? note.writer : [])),
  },
});

/** How answers are told: `extended` where their asker sent the field `pathfold`, `logprobs` where it asked for them. */
export interface Telling {
  readonly dialect: Dialect;
  readonly model: string;
  readonly routed: Routed;
  readonly extended: boolean;
  readonly includeUsage: boolean;
  readonly logprobs: boolean;
}

/** Answers of each prompt, begun when they are asked for. */
export type Answers = readonly (readonly (() => AsyncIterable<Answered>)[])[];

interface Gathered {
  readonly text: string;
  readonly tokens: readonly ShownToken[];
  readonly end: AnswerEnd;
  readonly notes: readonly AnswerNote[];
}

async function gather(parts: AsyncIterable<Answered>): Promise<Gathered> {
  const notes: AnswerNote[] = [];
  const tokens: ShownToken[] = [];
  let text = '';
  let end: AnswerEnd | null = null;
  for await (const part of parts) {
    if ('note' in part) notes.push(part.note);
    else {
      text += part.text;
      tokens.push(...(part.tokens ?? []));
      end = part.end;
    }
  }
  if (!end) throw new PathfoldError('internal', 'The answer broke off.');
  return { text, tokens, end, notes };
}

/** The mean over an answer's tokens, in nats. */
const likelihoodOf = ({ tokens }: Gathered): number =>
  tokens.reduce((sum, { logprob }) => sum + (logprob ?? 0), 0) / Math.max(1, tokens.length);

/** All answers at once; of each prompt the likeliest `n`. */
export async function wholeAnswers(
  { dialect, model, routed, extended, logprobs }: Telling,
  answers: Answers,
  n: number,
) {
  const choices: object[] = [];
  const notes: AnswerNote[] = [];
  let [promptTokens, completionTokens] = [0, 0];
  for (const samples of answers) {
    const gathered: Gathered[] = [];
    for (const parts of samples) gathered.push(await gather(parts()));
    promptTokens += gathered[0]!.end.promptTokens;
    for (const { end } of gathered) completionTokens += end.completionTokens;
    const best = gathered.length > n ? gathered.toSorted((a, b) => likelihoodOf(b) - likelihoodOf(a)) : gathered;
    for (const { text, tokens, end, notes: told } of best.slice(0, n)) {
      const part = { index: choices.length, text, tokens: logprobs ? tokens : null, finishReason: end.finishReason };
      choices.push(dialect.whole(part));
      notes.push(...told);
    }
  }
  return {
    ...newHead(dialect, model),
    object: dialect.object,
    choices,
    usage: usageOf(promptTokens, completionTokens),
    ...(extended ? extensionOf(routed, notes) : {}),
  };
}

const event = (data: object): string => `data: ${JSON.stringify(data)}\n\n`;

/** Server-sent events up to `[DONE]`, one answer after the other. An error after the first piece is an event of its own, as the status is sent. */
export async function* streamedAnswers(
  { dialect, model, routed, extended, includeUsage, logprobs }: Telling,
  answers: Answers,
): AsyncGenerator<string> {
  const head = { ...newHead(dialect, model), object: dialect.chunkObject };
  const usage = includeUsage ? { usage: null } : {};
  let [index, promptTokens, completionTokens] = [0, 0, 0];
  try {
    if (extended) yield event({ ...head, choices: [], ...usage, pathfold: routedNote(routed) });
    for (const [sample, parts] of answers.flatMap((samples) => [...samples.entries()])) {
      let first = true;
      for await (const part of parts()) {
        if ('note' in part) {
          if (extended) yield event({ ...head, choices: [], ...usage, pathfold: part.note });
          continue;
        }
        const { text, end } = part;
        const tokens = logprobs ? (part.tokens ?? []) : null;
        if (text !== '' || first || tokens?.length) {
          const choice = dialect.chunk({ index, text, tokens, finishReason: null }, first);
          yield event({ ...head, choices: [choice], ...usage });
        }
        first = false;
        if (!end) continue;
        const choice = dialect.chunk({ index, text: '', tokens: null, finishReason: end.finishReason }, false);
        yield event({ ...head, choices: [choice], ...usage });
        if (sample === 0) promptTokens += end.promptTokens;
        completionTokens += end.completionTokens;
      }
      index++;
    }
    if (includeUsage) yield event({ ...head, choices: [], usage: usageOf(promptTokens, completionTokens) });
  } catch (error) {
    const known = error instanceof PathfoldError;
    yield event(openAiError(known ? error.code : 'internal', known ? error.detail : ERRORS.internal.what));
  }
  yield 'data: [DONE]\n\n';
}
