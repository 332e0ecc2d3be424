import type { Tokenizer } from '@pathfold/corpora/tokenizer';
import { END_OF_TEXT } from '@pathfold/protocol/blob';
import { generate } from './generate.ts';
import { type Sampling, sampler } from './sample.ts';
import type { PathSession } from './session.ts';
import { StopScanner } from './stop.ts';

/** A path that can be asked: an open session of its graph with a cache, its tokenizer and its context. */
export interface AnsweringPath {
  session: PathSession;
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
 * Continues a prompt, as the beginning of a document. Throws a RangeError on token ids that the tokenizer does not have.
 * A caller that has enough just stops iterating.
 */
export async function* answer(path: AnsweringPath, question: Question): AsyncGenerator<AnswerPiece, void> {
  const { tokenizer, session, context } = path;
  const ids = typeof question.prompt === 'string' ? tokenizer.encode(question.prompt) : question.prompt;
  const unknown = ids.find((id) => id >= tokenizer.vocabularySize);
  if (unknown !== undefined) throw new RangeError(`token id ${unknown} is not below ${tokenizer.vocabularySize}`);

  const draw = sampler(question);
  // A corpus may yield fewer tokens than the model has rows: the rest were never trained.
  const sample = (logits_V: Float32Array) => draw(logits_V.subarray(0, tokenizer.vocabularySize));
  const characters = tokenizer.decodeStream();
  const stops = new StopScanner(question.stop);
  const prompt = [END_OF_TEXT, ...ids];
  let completionTokens = 0;
  const end = (finishReason: AnswerEnd['finishReason']): AnswerEnd => ({
    finishReason,
    promptTokens: prompt.length,
    completionTokens,
  });

  let finishReason: AnswerEnd['finishReason'] = 'length';
  for await (const id of generate(session, context, prompt, sample)) {
    completionTokens += 1;
    if (id === END_OF_TEXT) {
      finishReason = 'stop';
      break;
    }
    const { text, stopped } = stops.push(characters.push(id));
    if (stopped) return yield { text, end: end('stop') };
    if (text !== '') yield { text, end: null };
    if (completionTokens >= question.maxTokens) break;
  }
  const { text, stopped } = stops.push(characters.end());
  yield stopped ? { text, end: end('stop') } : { text: text + stops.end(), end: end(finishReason) };
}
