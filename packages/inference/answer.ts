import type { Tokenizer } from '@pathfold/corpora/tokenizer';
import { END_OF_TEXT } from '@pathfold/protocol/blob';
import { generate, type SessionAt } from './generate.ts';
import { type ShownToken, scoreOf, scoresOf, tokenShower } from './logprobs.ts';
import { type Sampler, type Sampling, sampler } from './sample.ts';
import { StopScanner } from './stop.ts';

/** So many tokens of a prompt are told with their probabilities. */
const MOST_SCORED = 8192;

/** Paths that can answer: open sessions of their graphs with a cache, their tokenizer and context. */
export interface AnsweringPath {
  sessionAt: SessionAt;
  tokenizer: Tokenizer;
  context: number;
}

export interface Question extends Sampling {
  /** Text, or token ids. */
  prompt: string | readonly number[];
  /** At least 1; with `echo` at least 0. */
  maxTokens: number;
  /** The answer ends before the first of these. */
  stop: readonly string[];
  /** The text of the answer begins with the prompt's. */
  echo?: boolean;
  /** Tokens come with their probability, and with so many of the likeliest at their place. */
  logprobs?: number;
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
  /** Where `logprobs` were asked for: the tokens whose text begins in this piece. */
  tokens?: readonly ShownToken[];
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
  const { echo = false, logprobs, maxTokens } = question;
  const vocabulary = tokenizer.vocabularySize;
  const prompt = readPrompt(tokenizer, question.prompt);
  const [, ...ids] = prompt;
  let shown = 0;
  if (echo) {
    const text = tokenizer.decode(ids);
    const tokens: ShownToken[] = [];
    const show = tokenShower(tokenizer, 0);
    if (logprobs !== undefined && ids.length > MOST_SCORED)
      throw new RangeError(
        `a prompt of ${ids.length} tokens: at most ${MOST_SCORED} are told with their probabilities`,
      );
    if (logprobs !== undefined)
      for await (const score of scoresOf(await sessionAt([]), context, prompt, vocabulary, logprobs))
        tokens.push(show(tokens.length > 0 ? score : { ...score, logprob: null, top: [] }));
    shown = text.length;
    const end: AnswerEnd = { finishReason: 'length', promptTokens: prompt.length, completionTokens: 0 };
    yield { text, end: maxTokens === 0 ? end : null, ...(logprobs === undefined ? {} : { tokens }) };
    if (maxTokens === 0) return;
  }

  const sample = sampler(question, vocabulary);
  const waiting: ShownToken[] = [];
  const show = tokenShower(tokenizer, shown);
  const noting: Sampler = (logits_V) => {
    const id = sample(logits_V);
    if (id !== END_OF_TEXT) waiting.push(show(scoreOf(logits_V, vocabulary, id, logprobs!)));
    return id;
  };
  const written = generate(sessionAt, context, prompt, logprobs === undefined ? sample : noting);
  for await (const piece of textOf<never>(written, tokenizer, question, prompt.length)) {
    shown += piece.text.length;
    if (logprobs === undefined) yield piece;
    else {
      const hidden = waiting.findIndex(({ offset }) => offset >= shown);
      yield { ...piece, tokens: waiting.splice(0, hidden < 0 ? waiting.length : hidden) };
    }
  }
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
