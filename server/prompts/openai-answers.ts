import { randomUUID } from 'node:crypto';
import type { AnswerEnd } from '@pathfold/inference/answer';
import type { Routed } from '@pathfold/inference/route';
import type { AnswerNote } from '@pathfold/protocol/answer-notes';
import { ERRORS, PathfoldError } from '@pathfold/protocol/errors';
import { openAiError } from './openai-errors.ts';
import type { Answered } from './prompt-worker.ts';

type FinishReason = AnswerEnd['finishReason'] | null;

/** How one of the two endpoints spells an answer. */
export interface Dialect {
  object: string;
  chunkObject: string;
  idPrefix: string;
  whole(text: string, finishReason: FinishReason): object;
  /** `first`: nothing was sent before. */
  chunk(text: string, finishReason: FinishReason, first: boolean): object;
}

export const COMPLETIONS: Dialect = {
  object: 'text_completion',
  chunkObject: 'text_completion',
  idPrefix: 'cmpl-',
  whole: (text, finish_reason) => ({ index: 0, text, logprobs: null, finish_reason }),
  chunk: (text, finish_reason) => ({ index: 0, text, logprobs: null, finish_reason }),
};

export const CHAT: Dialect = {
  object: 'chat.completion',
  chunkObject: 'chat.completion.chunk',
  idPrefix: 'chatcmpl-',
  whole: (content, finish_reason) => ({
    index: 0,
    message: { role: 'assistant', content, refusal: null },
    logprobs: null,
    finish_reason,
  }),
  chunk: (content, finish_reason, first) => ({
    index: 0,
    delta: first ? { role: 'assistant', content } : content === '' ? {} : { content },
    logprobs: null,
    finish_reason,
  }),
};

const usageOf = ({ promptTokens, completionTokens }: AnswerEnd) => ({
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

/** How an answer is told: `extended` where its asker sent the field `pathfold`. */
export interface Telling {
  readonly dialect: Dialect;
  readonly model: string;
  readonly routed: Routed;
  readonly extended: boolean;
  readonly includeUsage: boolean;
}

export const wholeAnswer = async ({ dialect, model, routed, extended }: Telling, parts: AsyncIterable<Answered>) => {
  let text = '';
  let end: AnswerEnd | null = null;
  const notes: AnswerNote[] = [];
  for await (const part of parts) {
    if ('note' in part) notes.push(part.note);
    else {
      text += part.text;
      end = part.end;
    }
  }
  if (!end) throw new PathfoldError('internal', 'The answer broke off.');
  return {
    ...newHead(dialect, model),
    object: dialect.object,
    choices: [dialect.whole(text, end.finishReason)],
    usage: usageOf(end),
    ...(extended ? extensionOf(routed, notes) : {}),
  };
};

const event = (data: object): string => `data: ${JSON.stringify(data)}\n\n`;

/** Server-sent events up to `[DONE]`. An error after the first piece is an event of its own, as the status is sent. */
export async function* streamedAnswer(
  { dialect, model, routed, extended, includeUsage }: Telling,
  parts: AsyncIterable<Answered>,
): AsyncGenerator<string> {
  const head = { ...newHead(dialect, model), object: dialect.chunkObject };
  const usage = includeUsage ? { usage: null } : {};
  let first = true;
  try {
    if (extended) yield event({ ...head, choices: [], ...usage, pathfold: routedNote(routed) });
    for await (const part of parts) {
      if ('note' in part) {
        if (extended) yield event({ ...head, choices: [], ...usage, pathfold: part.note });
        continue;
      }
      const { text, end } = part;
      if (text !== '' || first) yield event({ ...head, choices: [dialect.chunk(text, null, first)], ...usage });
      first = false;
      if (!end) continue;
      yield event({ ...head, choices: [dialect.chunk('', end.finishReason, false)], ...usage });
      if (includeUsage) yield event({ ...head, choices: [], usage: usageOf(end) });
    }
  } catch (error) {
    const known = error instanceof PathfoldError;
    yield event(openAiError(known ? error.code : 'internal', known ? error.detail : ERRORS.internal.what));
  }
  yield 'data: [DONE]\n\n';
}
