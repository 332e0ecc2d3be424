import type { BlobStore } from '@pathfold/blobs/blob-store';
import { readTokenizer, type Tokenizer } from '@pathfold/corpora/tokenizer';
import { type Question, textOf } from '@pathfold/inference/answer';
import { windowAfter } from '@pathfold/inference/generate';
import type { AnswerNote } from '@pathfold/protocol/answer-notes';
import { ERRORS, PathfoldError } from '@pathfold/protocol/errors';
import type { PathVersion } from './path-source.ts';
import type { Answered, PromptWorker } from './prompt-worker.ts';
import type { PromptDeps, PromptRun } from './runs.ts';

const KEPT_TOKENIZERS = 4;

const coordinatorNotice = (asked: boolean): string =>
  asked ? 'No further volunteer went on with it.' : ERRORS.no_answerer.what;

/** Tokenizers read once, the latest few. */
function createTokenizers(blobs: BlobStore) {
  const kept = new Map<string, Tokenizer>();
  return async ({ id, tokenizer }: PromptRun): Promise<Tokenizer> => {
    const bytes = tokenizer && (kept.has(tokenizer.sha256) ? null : await blobs.get(tokenizer.sha256));
    if (!tokenizer || bytes === undefined) throw new PathfoldError('not_ready', `Run ${id} is not prepared.`);
    if (bytes) kept.set(tokenizer.sha256, readTokenizer(new TextDecoder().decode(bytes)));
    for (const old of [...kept.keys()].slice(0, -KEPT_TOKENIZERS)) kept.delete(old);
    return kept.get(tokenizer.sha256)!;
  };
}

/** Answers that volunteers write, and the coordinator where they do not. */
export function createNetworkAnswers({ network, blobs, holdersOf, withoutRoom }: PromptDeps, worker: PromptWorker) {
  const tokenizerOf = createTokenizers(blobs);

  /** `prompt` begins with END_OF_TEXT. Throws `bad_request` for a private run: what is asked of it stays here. */
  return async function* answer(
    run: PromptRun,
    version: PathVersion,
    question: Question,
    prompt: readonly number[],
    signal: AbortSignal,
  ): AsyncGenerator<Answered> {
    if (run.spec.visibility === 'private')
      throw new PathfoldError('bad_request', 'A private run is answered by the coordinator only.');
    const tokenizer = await tokenizerOf(run);
    const { temperature, topP, topK, seed, maxTokens } = question;
    const sampling = { temperature, topP, topK, seed };
    const vocabulary = tokenizer.vocabularySize;
    const { context } = run.spec.model;
    const { body, memoryBytes } = network.offer(run.spec, version.path, version.modules);
    /** The last writer, where the text ended before it was told. */
    const notes: AnswerNote[] = [];
    let part = {
      by: 'volunteer' as 'volunteer' | 'coordinator',
      volunteer: null as string | null,
      tokens: 0,
      notice: '',
    };
    const close = () => {
      if (part.tokens > 0) notes.push({ writer: { ...part, code: null } });
      part = { ...part, tokens: 0 };
    };

    async function* tokens(): AsyncGenerator<number | { note: AnswerNote }> {
      const answered: number[] = [];
      let asked = false;
      let fallBack = false;
      const holders = holdersOf(run.id, version.path);
      const unfit = withoutRoom(memoryBytes);
      const asking = { run: run.id, body, context, prompt, sampling, tokens: maxTokens, vocabulary, holders, unfit };
      try {
        for await (const item of network.answer(asking, signal)) {
          asked ||= !('fallBack' in item);
          if ('id' in item) {
            answered.push(item.id);
            part = {
              by: 'volunteer',
              volunteer: item.volunteer,
              tokens: part.tokens + 1,
              notice: 'A volunteer wrote this.',
            };
            yield item.id;
          } else if ('writer' in item) {
            part.tokens = 0;
            yield { note: { writer: item.writer } };
          } else fallBack = true;
        }
        if (!fallBack) return;
        part = { by: 'coordinator', volunteer: null, tokens: 0, notice: coordinatorNotice(asked) };
        const window = windowAfter(context, prompt, answered);
        const left = maxTokens - answered.length;
        const continuation = { ...sampling, window, answered: answered.length, tokens: left, vocabulary };
        for await (const id of worker.continueAnswer(version, continuation, signal)) {
          part.tokens += 1;
          yield id;
        }
      } finally {
        close();
      }
    }

    for await (const piece of textOf(tokens(), tokenizer, question, prompt.length)) {
      for (const note of notes.splice(0)) yield { note };
      yield piece;
    }
    // At a stop sequence the last writer is known only now.
    for (const note of notes.splice(0)) yield { note };
  };
}
