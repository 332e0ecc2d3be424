import type { Tokenizer } from '@pathfold/corpora/tokenizer';
import { END_OF_TEXT } from '@pathfold/protocol/blob';
import { generate, type SessionAt } from './generate.ts';
import { type Sampling, sampler } from './sample.ts';
import { StopScanner } from './stop.ts';

/** Paths that can answer: open sessions of their graphs with a cache, their tokenizer and context. */
export interface AnsweringPath {
  sessionAt: SessionAt;
  tokenizer: Tokenizer;
  context: number;
}

export interface Question extends Sampling {
  /** Text, or token ids. */
  prompt: string | readonly number[];
  /** At least 1. */
  maxTokens: number;
  /** The answer ends before the first of these. */
  stop: readonly string[];
}

export interface AnswerEnd {
  /** `stop`: the text ended or a stop sequence came; `length`: `maxTokens` are used up. */
  finishReason: 'stop' | 'length';
  promptTokens: number;
  completionTokens: number;
}

/** Text that can be shown: whole characters, no part of a stop sequence. The last piece has `end`. */
export interface AnswerPiece {
  text: string;
  end: AnswerEnd | null;
}

/**
 * The part of a prompt that the net reads, as the beginning of a document. Throws a RangeError on token ids that the tokenizer does
 * not have.
 */
export const readPrompt = (tokenizer: Tokenizer, prompt: Question['prompt']): number[] => {
  const ids = typeof prompt === 'string' ? tokenizer.encode(prompt) : prompt;
  const unknown = ids.find((id) => id >= tokenizer.vocabularySize);
  if (unknown !== undefined) throw new RangeError(`token id ${unknown} is not below ${tokenizer.vocabularySize}`);
  return [END_OF_TEXT, ...ids];
};

/** Continues a prompt. A caller that has enough just stops iterating. */
export async function* answer(path: AnsweringPath, question: Question): AsyncGenerator<AnswerPiece, void> {
  const { tokenizer, sessionAt, context } = path;
  const prompt = readPrompt(tokenizer, question.prompt);
  const tokens = generate(sessionAt, context, prompt, sampler(question, tokenizer.vocabularySize));
  yield* textOf<never>(tokens, tokenizer, question, prompt.length);
}

/**
 * Tokens as text, up to the end of the document, a stop sequence or `maxTokens`; wherever they are computed. Notes between
 * them go through as they come.
 */
export async function* textOf<Note extends object = never>(
  tokens: AsyncIterable<number | Note>,
  tokenizer: Tokenizer,
  { stop, maxTokens }: Pick<Question, 'stop' | 'maxTokens'>,
  promptTokens: number,
): AsyncGenerator<AnswerPiece | Note, void> {
  const characters = tokenizer.decodeStream();
  const stops = new StopScanner(stop);
  let completionTokens = 0;
  const end = (finishReason: AnswerEnd['finishReason']): AnswerEnd => ({
    finishReason,
    promptTokens,
    completionTokens,
  });

  let finishReason: AnswerEnd['finishReason'] = 'length';
  for await (const id of tokens) {
    if (typeof id === 'object') {
      yield id;
      continue;
    }
    completionTokens += 1;
    if (id === END_OF_TEXT) {
      finishReason = 'stop';
      break;
    }
    const { text, stopped } = stops.push(characters.push(id));
    if (stopped) return yield { text, end: end('stop') };
    if (text !== '') yield { text, end: null };
    if (completionTokens >= maxTokens) break;
  }
  const { text, stopped } = stops.push(characters.end());
  yield stopped ? { text, end: end('stop') } : { text: text + stops.end(), end: end(finishReason) };
}
